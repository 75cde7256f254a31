<?php
/**
 * Gives every product that uses the module for the first time its custom fields and its welcome e-mail, and creates the
 * e-mail templates. What is there is never touched again, and what staff remove from a product stays removed.
 */

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/bridge.php';
require_once __DIR__ . '/fields.php';
require_once __DIR__ . '/mails.php';

/**
 * What hook points call: after a cron run at most once a day, on the page of the products always.
 *
 * @param string $point
 * @return null
 */
function ispmanagermodules_setup($point)
{
    $file = ispmanagermodules_state_file('setup');
    $ageSeconds = ispmanagermodules_age($file);
    if ($point === 'AfterCronJob' && $ageSeconds !== null && $ageSeconds < 86400) {
        return null;
    }
    ispmanagermodules_touch($file);
    ispmanagermodules_set_up();
    return null;
}

/**
 * Costs three small queries when there is nothing to do. Never throws: what fails is one line in the activity log.
 *
 * @return void
 */
function ispmanagermodules_set_up()
{
    try {
        if (ispmanagermodules_has_new_product() || ispmanagermodules_lacks_mails()) {
            Capsule::connection()->transaction(function () {
                // Whoever comes second waits here, and then sees the rows of the first.
                $products = Capsule::table('tblproducts')->where('servertype', 'ispmanagermodules')
                    ->orderBy('id')->lockForUpdate()->get();
                ispmanagermodules_create_mails();
                foreach ($products as $product) {
                    ispmanagermodules_set_up_product($product);
                }
            });
        }
    } catch (Throwable $problem) {
        // Its message may hold a query; the kind is enough to look for it.
        ispmanagermodules_log('custom fields and e-mails could not be checked: ' . get_class($problem) . '.');
    }
}

/**
 * A product of ours is new while it has not the field that only this file creates.
 *
 * @return bool
 */
function ispmanagermodules_has_new_product()
{
    $known = [];
    foreach (Capsule::table('tblcustomfields')->where('type', 'product')->where('fieldname', 'Module ID')->get(['relid']) as $field) {
        $known[(int) $field->relid] = true;
    }
    foreach (Capsule::table('tblproducts')->where('servertype', 'ispmanagermodules')->get(['id']) as $product) {
        if (!isset($known[(int) $product->id])) {
            return true;
        }
    }
    return false;
}

/**
 * @param object $product row of tblproducts
 * @return void
 */
function ispmanagermodules_set_up_product($product)
{
    $roles = [];
    $names = [];
    foreach (Capsule::table('tblcustomfields')->where('type', 'product')->where('relid', $product->id)->get(['fieldname']) as $field) {
        $roles[] = ispmanagermodules_field_role($field->fieldname);
        $names[] = $field->fieldname;
    }
    if (in_array('Module ID', $names, true)) {
        return;
    }
    foreach (ispmanagermodules_new_fields() as $position => $field) {
        $role = ispmanagermodules_field_role($field['fieldname']);
        if (!in_array($field['fieldname'], $names, true) && ($role === null || !in_array($role, $roles, true))) {
            ispmanagermodules_insert('tblcustomfields', $field + ['relid' => (int) $product->id, 'sortorder' => $position]);
        }
    }
    if ((int) $product->welcomeemail === 0) {
        $mail = Capsule::table('tblemailtemplates')->where('name', ISPMANAGERMODULES_MAIL_READY)->where('language', '')->value('id');
        Capsule::table('tblproducts')->where('id', $product->id)->update(['welcomeemail' => (int) $mail]);
    }
}

/**
 * Licence and address are the customer's, the other two are written when a module is bought. Spaces around a value are let
 * through, as the bridge does; an address may be left empty.
 *
 * @return array[] rows of tblcustomfields without product
 */
function ispmanagermodules_new_fields()
{
    $field = ['type' => 'product', 'fieldtype' => 'text', 'description' => '', 'fieldoptions' => '', 'regexpr' => '',
        'adminonly' => '', 'required' => '', 'showorder' => '', 'showinvoice' => ''];
    return [
        ['fieldname' => 'License ID', 'required' => 'on', 'showorder' => 'on', 'showinvoice' => 'on',
            'regexpr' => '/^\s*[1-9][0-9]{0,9}\s*$/',
            'description' => 'Number of your ispmanager licence / Номер вашей лицензии ispmanager'] + $field,
        ['fieldname' => 'Server IP', 'showorder' => 'on',
            'regexpr' => '/^\s*(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+)?\s*$/',
            'description' => 'IP address of the server / IP-адрес сервера'] + $field,
        ['fieldname' => 'Paid until', 'adminonly' => 'on'] + $field,
        ['fieldname' => 'Module ID', 'adminonly' => 'on'] + $field,
    ];
}

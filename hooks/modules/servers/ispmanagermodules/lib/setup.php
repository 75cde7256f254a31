<?php
/**
 * Gives every product that uses the module for the first time its custom fields and its welcome e-mail, and creates the
 * e-mail templates. Each is done once: what staff change or remove afterwards stays as they left it. So is the setting by which WHMCS
 * would set a product up before its module is bought.
 */

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/bridge.php';
require_once __DIR__ . '/fields.php';
require_once __DIR__ . '/language.php';
require_once __DIR__ . '/mails.php';

/** A table of ours that keeps the names of the steps that are done. */
const ISPMANAGERMODULES_STEPS = 'mod_ispmodules_set_up';

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
        $steps = ['mails' => 'ispmanagermodules_create_mails'];
        $products = Capsule::table('tblproducts')->where('servertype', 'ispmanagermodules')->orderBy('id');
        foreach ($products->get(['id', 'welcomeemail', 'autosetup']) as $product) {
            $steps['product ' . $product->id] = function () use ($product) {
                ispmanagermodules_set_up_product($product);
            };
            if (in_array($product->autosetup, ['payment', 'order'], true)) {
                $steps['autosetup ' . $product->id] = function () use ($product) {
                    ispmanagermodules_stop_autosetup((int) $product->id);
                };
            }
        }
        foreach (array_diff_key($steps, ispmanagermodules_steps_done()) as $name => $step) {
            ispmanagermodules_do_once($name, $step);
        }
    } catch (Throwable $problem) {
        // Its message may hold a query; the kind is enough to look for it.
        ispmanagermodules_log('custom fields and e-mails could not be checked: ' . get_class($problem) . '.');
    }
}

/**
 * @return array<string, true> by name of the step
 */
function ispmanagermodules_steps_done()
{
    if (!Capsule::schema()->hasTable(ISPMANAGERMODULES_STEPS)) {
        Capsule::connection()->getPdo()->exec('CREATE TABLE IF NOT EXISTS ' . ISPMANAGERMODULES_STEPS
            . ' (name VARCHAR(64) CHARACTER SET ascii NOT NULL PRIMARY KEY, done_at DATETIME NOT NULL) ENGINE=InnoDB');
    }
    $done = [];
    foreach (Capsule::table(ISPMANAGERMODULES_STEPS)->get(['name']) as $step) {
        $done[$step->name] = true;
    }
    return $done;
}

/**
 * @param string $name
 * @param callable $step
 * @return void
 */
function ispmanagermodules_do_once($name, $step)
{
    Capsule::connection()->transaction(function () use ($name, $step) {
        // Whoever comes second waits here, and then finds it done.
        $insert = Capsule::connection()->getPdo()->prepare('INSERT IGNORE INTO ' . ISPMANAGERMODULES_STEPS . ' VALUES (?, ?)');
        $insert->execute([$name, date('Y-m-d H:i:s')]);
        if ($insert->rowCount() === 1) {
            call_user_func($step);
        }
    });
}

/**
 * Fields that have one of the meanings already, under whatever name, are not made again. Only this function makes one for the
 * module's id: a product that has it was set up before, or is a copy of one that was.
 *
 * @param object $product id and welcomeemail of a row of tblproducts
 * @return void
 */
function ispmanagermodules_set_up_product($product)
{
    $roles = [];
    $fields = Capsule::table('tblcustomfields')->where('type', 'product')->where('relid', $product->id);
    foreach ($fields->get(['fieldname', 'adminonly', 'showorder']) as $field) {
        $roles[(string) ispmanagermodules_role_of($field)] = true;
    }
    if (isset($roles['module_id'])) {
        return;
    }
    foreach (array_diff_key(ispmanagermodules_new_fields(), $roles) as $field) {
        ispmanagermodules_insert('tblcustomfields', $field + ['relid' => (int) $product->id]);
    }
    if ((int) $product->welcomeemail === 0) {
        $mail = Capsule::table('tblemailtemplates')->where('name', ISPMANAGERMODULES_MAIL_READY)->where('language', '')->value('id');
        Capsule::table('tblproducts')->where('id', $product->id)->update(['welcomeemail' => (int) $mail]);
    }
}

/**
 * WHMCS would call CreateAccount at the order or the payment, when nothing is bought yet, and keep the refusal in its module queue.
 * Empty is WHMCS's value for never.
 *
 * @param int $productId
 * @return void
 */
function ispmanagermodules_stop_autosetup($productId)
{
    Capsule::table('tblproducts')->where('id', $productId)->update(['autosetup' => '']);
    ispmanagermodules_log('product ' . $productId . ' is now set to "Do not automatically setup this product": WHMCS would set it up'
        . ' before its module is bought. This is done only once.');
}

/**
 * Licence and address are the customer's, the other two are written when a module is bought. Spaces around a value are let
 * through, as the bridge does; an address may be left empty. What they are is told in English and, where it can be held, Russian.
 *
 * @return array<string, array> rows of tblcustomfields without product, by role
 */
function ispmanagermodules_new_fields()
{
    $licence = ['Number of your ispmanager licence', 'Номер вашей лицензии ispmanager'];
    $ip = ['IP address of the server', 'IP-адрес сервера'];
    $languages = ispmanagermodules_holds_russian('tblcustomfields', ['description']) ? 2 : 1;
    $field = ['type' => 'product', 'fieldtype' => 'text', 'description' => '', 'fieldoptions' => '', 'regexpr' => '',
        'adminonly' => '', 'required' => '', 'showorder' => '', 'showinvoice' => ''];
    return [
        'licence' => ['fieldname' => 'License ID', 'sortorder' => 0, 'required' => 'on', 'showorder' => 'on', 'showinvoice' => 'on',
            'regexpr' => '/^\s*[1-9][0-9]{0,9}\s*$/',
            'description' => implode(' / ', array_slice($licence, 0, $languages))] + $field,
        'ip' => ['fieldname' => 'Server IP', 'sortorder' => 1, 'showorder' => 'on',
            'regexpr' => '/^\s*(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+)?\s*$/',
            'description' => implode(' / ', array_slice($ip, 0, $languages))] + $field,
        'paid_until' => ['fieldname' => 'Paid until', 'sortorder' => 2, 'adminonly' => 'on'] + $field,
        'module_id' => ['fieldname' => 'Module ID', 'sortorder' => 3, 'adminonly' => 'on'] + $field,
    ];
}

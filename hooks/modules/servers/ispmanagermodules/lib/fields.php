<?php
/**
 * Where do a service's licence, address, expiry and module id stand in WHMCS?
 */

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/** The names of each field as the bridge knows them, without case, spaces, _, - and dots. */
const ISPMANAGERMODULES_FIELD_NAMES = [
    'licence' => 'licen[cs]e(?:id)?|ispmanagerlicense|idлицензии|лицензия',
    'ip' => 'serverip|ip|ipaddress|ipсервера',
    'paid_until' => 'paiduntil|оплачендо',
    'module_id' => 'moduleid|ispmanagerid',
];

/** What only we write: a field of such a name that the customer sees is the shop's own. */
const ISPMANAGERMODULES_WRITTEN_BY_US = ['paid_until', 'module_id'];

/**
 * What a custom field of this name means to us: only what stands before | counts.
 *
 * @param string $name tblcustomfields.fieldname
 * @return string|null licence, ip, paid_until or module_id
 */
function ispmanagermodules_field_role($name)
{
    $folded = (string) preg_replace('/[\s_.-]+/u', '', explode('|', (string) $name)[0]);
    foreach (ISPMANAGERMODULES_FIELD_NAMES as $role => $names) {
        if (preg_match('/^(?:' . $names . ')\z/iu', $folded)) {
            return $role;
        }
    }
    return null;
}

/**
 * The same of a field as it is set up: what customers fill in on the order form is not for us to write, whatever its name.
 *
 * @param object $field fieldname, adminonly and showorder of a row of tblcustomfields
 * @return string|null
 */
function ispmanagermodules_role_of($field)
{
    $role = ispmanagermodules_field_role($field->fieldname);
    $isAsked = $field->showorder === 'on' && $field->adminonly !== 'on';
    return $isAsked && in_array($role, ISPMANAGERMODULES_WRITTEN_BY_US, true) ? null : $role;
}

/**
 * The custom fields of a service that mean something to us; the lowest field id counts, and of its values the highest row id.
 *
 * @param int $serviceId
 * @return array<string, array{id: int|null, value: string}> by role
 */
function ispmanagermodules_service_fields($serviceId)
{
    $found = array_map(function () {
        return ['id' => null, 'value' => ''];
    }, ISPMANAGERMODULES_FIELD_NAMES);
    $productId = Capsule::table('tblhosting')->where('id', $serviceId)->value('packageid');
    $fields = Capsule::table('tblcustomfields')->where('type', 'product')->where('relid', $productId)->orderBy('id')->get();
    foreach ($fields as $field) {
        $role = ispmanagermodules_role_of($field);
        if ($role !== null && $found[$role]['id'] === null) {
            $value = Capsule::table('tblcustomfieldsvalues')->where('fieldid', $field->id)->where('relid', $serviceId)
                ->orderBy('id', 'desc')->value('value');
            $found[$role] = ['id' => (int) $field->id, 'value' => trim((string) $value)];
        }
    }
    return $found;
}

/**
 * Writes a custom field of a service where the bridge reads it: into the newest row, or a new one.
 *
 * @param int $serviceId
 * @param int $fieldId
 * @param string $value
 * @return void
 */
function ispmanagermodules_save_field($serviceId, $fieldId, $value)
{
    $rowId = Capsule::table('tblcustomfieldsvalues')->where('fieldid', $fieldId)->where('relid', $serviceId)
        ->orderBy('id', 'desc')->value('id');
    if ($rowId === null) {
        ispmanagermodules_insert('tblcustomfieldsvalues', ['fieldid' => $fieldId, 'relid' => (int) $serviceId, 'value' => $value]);
        return;
    }
    Capsule::table('tblcustomfieldsvalues')->where('id', $rowId)->update(['value' => $value, 'updated_at' => date('Y-m-d H:i:s')]);
}

/**
 * Inserts a row with its times; columns that this release does not have are left out.
 *
 * @param string $table
 * @param array $row
 * @return void
 */
function ispmanagermodules_insert($table, array $row)
{
    $now = date('Y-m-d H:i:s');
    $row += ['created_at' => $now, 'updated_at' => $now];
    $columns = array_flip(array_map('strtolower', Capsule::schema()->getColumnListing($table)));
    Capsule::table($table)->insert(array_intersect_key($row, $columns));
}

<?php
/**
 * Where do a service's licence, address, expiry and module id stand in WHMCS?
 */

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/shop.php';

/**
 * The custom fields of a service that we read or write, by role or name; the lowest field id counts, and of its values the
 * highest row id.
 *
 * @param int $serviceId
 * @return array<string, array{id: int|null, value: string}> licence, ip, 'Paid until', 'Module ID'
 */
function ispmanagermodules_service_fields($serviceId)
{
    $found = array_fill_keys(['licence', 'ip', 'Paid until', 'Module ID'], ['id' => null, 'value' => '']);
    $productId = Capsule::table('tblhosting')->where('id', $serviceId)->value('packageid');
    $fields = Capsule::table('tblcustomfields')->where('type', 'product')->where('relid', $productId)->orderBy('id')->get();
    foreach ($fields as $field) {
        $role = ispmanagermodules_field_role($field->fieldname);
        $name = $role === null ? trim(explode('|', $field->fieldname)[0]) : $role;
        if (isset($found[$name]) && $found[$name]['id'] === null) {
            $value = Capsule::table('tblcustomfieldsvalues')->where('fieldid', $field->id)->where('relid', $serviceId)
                ->orderBy('id', 'desc')->value('value');
            $found[$name] = ['id' => (int) $field->id, 'value' => trim((string) $value)];
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

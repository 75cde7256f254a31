<?php
/**
 * What do WHMCS's own tables say about our products? Reads only, and one query for each question.
 */

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/fields.php';

/**
 * @param string $sql with ? for each value
 * @param array $values
 * @return array[] each row as name => value
 * @throws Throwable whatever the database throws
 */
function ispmanagermodules_rows($sql, array $values)
{
    $statement = Capsule::connection()->getPdo()->prepare($sql);
    $statement->execute($values);
    return $statement->fetchAll(PDO::FETCH_ASSOC);
}

/**
 * Whether an invoice, order, service or addon of a client has to do with one of our products or addons; a service does where an
 * addon of ours stands on it. When that cannot be found out the answer is yes, because the bridge leaves alone what is not ours,
 * and what is not sent comes later.
 *
 * @param string $name invoice_id, order_id, service_id or service_addon_id
 * @param int $id
 * @return bool
 */
function ispmanagermodules_is_ours($name, $id)
{
    $ours = "JOIN tblproducts p ON p.id = s.packageid AND p.servertype = 'ispmanagermodules'";
    $addons = "JOIN tbladdons p ON p.id = a.addonid AND p.module = 'ispmanagermodules'";
    $queries = [
        'invoice_id' => "SELECT 1 FROM tblinvoiceitems l JOIN tblhosting s ON s.id = l.relid $ours"
            . " WHERE l.invoiceid = ? AND l.type = 'Hosting'"
            . " UNION ALL SELECT 1 FROM tblinvoiceitems l JOIN tblupgrades u ON u.id = l.relid"
            . " JOIN tblhosting s ON s.id = u.relid $ours WHERE l.invoiceid = ? AND l.type = 'Upgrade'"
            . " UNION ALL SELECT 1 FROM tblinvoiceitems l JOIN tblhostingaddons a ON a.id = l.relid $addons"
            . " WHERE l.invoiceid = ? AND l.type = 'Addon' LIMIT 1",
        'order_id' => "SELECT 1 FROM tblhosting s $ours WHERE s.orderid = ?"
            . " UNION ALL SELECT 1 FROM tblhostingaddons a $addons WHERE a.orderid = ? LIMIT 1",
        'service_id' => "SELECT 1 FROM tblhosting s $ours WHERE s.id = ?"
            . " UNION ALL SELECT 1 FROM tblhostingaddons a $addons WHERE a.hostingid = ? LIMIT 1",
        'service_addon_id' => "SELECT 1 FROM tblhostingaddons a $addons WHERE a.id = ? LIMIT 1",
    ];
    $sql = $queries[$name];
    try {
        return ispmanagermodules_rows($sql, array_fill(0, substr_count($sql, '?'), $id)) !== [];
    } catch (Throwable $unknown) {
        return true;
    }
}

/**
 * Our products among these, with the fields that carry licence and address where the order form shows them; of several with
 * one meaning the lowest id counts.
 *
 * @param int[] $productIds
 * @return array<int, array{name: string, module: string, licence: int|null, ip: int|null}> by product id
 * @throws Throwable whatever the database throws
 */
function ispmanagermodules_find_products(array $productIds)
{
    if ($productIds === []) {
        return [];
    }
    $rows = ispmanagermodules_rows(
        "SELECT p.id, p.name, p.configoption1 AS tariff, f.id AS field, f.fieldname,"
        . " f.showorder = 'on' AND f.adminonly <> 'on' AS is_shown FROM tblproducts p"
        . " LEFT JOIN tblcustomfields f ON f.type = 'product' AND f.relid = p.id"
        . " WHERE p.servertype = 'ispmanagermodules' AND p.id IN ("
        . implode(', ', array_fill(0, count($productIds), '?')) . ') ORDER BY p.id, f.id DESC',
        array_values($productIds)
    );
    $products = [];
    foreach ($rows as $row) {
        $id = (int) $row['id'];
        $products += [$id => [
            'name' => (string) $row['name'],
            'module' => ispmanagermodules_module_of($row),
            'licence' => null,
            'ip' => null,
        ]];
        $role = ispmanagermodules_field_role((string) $row['fieldname']);
        if ($role === 'licence' || $role === 'ip') {
            $products[$id][$role] = $row['is_shown'] ? (int) $row['field'] : null;
        }
    }
    return $products;
}

/**
 * Two products of one tariff are one module.
 *
 * @param array $row with id and tariff of a product
 * @return string
 */
function ispmanagermodules_module_of(array $row)
{
    $tariff = trim((string) $row['tariff']);
    return $tariff === '' ? 'product ' . $row['id'] : $tariff;
}

/** Of an order's status o and its invoice's i: neither is called off. */
const ISPMANAGERMODULES_IS_OPEN = "COALESCE(o.status, '') NOT IN ('Cancelled', 'Fraud')"
    . " AND COALESCE(i.status, '') NOT IN ('Cancelled', 'Refunded')";

/**
 * The modules that a client has or waits for. What was ordered and never paid counts until its invoice is cancelled.
 *
 * @param int $clientId
 * @return array<string, int> service id by "module licence"
 * @throws Throwable whatever the database throws
 */
function ispmanagermodules_find_owned($clientId)
{
    return ispmanagermodules_owned_in(ispmanagermodules_rows(
        "SELECT s.id AS service, s.id AS thing, p.id, p.configoption1 AS tariff, f.type, f.id AS field, f.fieldname, v.value"
        . " FROM tblhosting s JOIN tblproducts p ON p.id = s.packageid AND p.servertype = 'ispmanagermodules'"
        . " JOIN tblcustomfields f ON f.type = 'product' AND f.relid = p.id"
        . " LEFT JOIN tblcustomfieldsvalues v ON v.fieldid = f.id AND v.relid = s.id"
        . " LEFT JOIN tblorders o ON o.id = s.orderid LEFT JOIN tblinvoices i ON i.id = o.invoiceid"
        . " WHERE s.userid = ? AND (s.domainstatus IN ('Active', 'Suspended') OR (s.domainstatus = 'Pending'"
        . ' AND ' . ISPMANAGERMODULES_IS_OPEN . ')) ORDER BY s.id, f.id, v.id',
        [$clientId]
    ));
}

/**
 * The same of product addons, by the services on which they stand, and with which they end. An addon has its own licence, or else
 * that of its service.
 *
 * @param int $clientId
 * @return array<string, int> service id by "module licence"
 * @throws Throwable whatever the database throws
 */
function ispmanagermodules_find_owned_addons($clientId)
{
    return ispmanagermodules_owned_in(ispmanagermodules_rows(
        "SELECT s.id AS service, a.id AS thing, p.id, m.value AS tariff, f.type, f.id AS field, f.fieldname, v.value"
        . " FROM tblhosting s JOIN tblhostingaddons a ON a.hostingid = s.id"
        . " JOIN tbladdons p ON p.id = a.addonid AND p.module = 'ispmanagermodules'"
        . " JOIN tblmodule_configuration m ON m.entity_type = 'addon' AND m.entity_id = p.id AND m.setting_name = 'configoption1'"
        . " JOIN tblcustomfields f ON (f.type = 'addon' AND f.relid = p.id) OR (f.type = 'product' AND f.relid = s.packageid)"
        . " LEFT JOIN tblcustomfieldsvalues v ON v.fieldid = f.id AND v.relid = IF(f.type = 'addon', a.id, s.id)"
        . " LEFT JOIN tblorders o ON o.id = a.orderid LEFT JOIN tblinvoices i ON i.id = o.invoiceid"
        . " WHERE s.userid = ? AND s.domainstatus IN ('Pending', 'Active', 'Suspended')"
        . " AND (a.status IN ('Active', 'Suspended') OR (a.status = 'Pending' AND " . ISPMANAGERMODULES_IS_OPEN . '))'
        . " ORDER BY a.id, f.type = 'product', f.id, v.id",
        [$clientId]
    ));
}

/**
 * @param array[] $rows service, thing (what is owned), id and tariff of what was sold, type, field, fieldname and value; the values
 *     of one thing in the order in which they count
 * @return array<string, int> service id by "module licence"
 */
function ispmanagermodules_owned_in(array $rows)
{
    $licences = [];
    foreach ($rows as $row) {
        if (ispmanagermodules_field_role((string) $row['fieldname']) !== 'licence') {
            continue;
        }
        // The first field counts, and of its values the last; one that is empty lets the next kind of field speak.
        $known = isset($licences[$row['thing']]) ? $licences[$row['thing']] : null;
        $isNext = $known !== null && $known['type'] !== $row['type'] && trim((string) $known['value']) === '';
        if ($known === null || $known['field'] === $row['field'] || $isNext) {
            $licences[$row['thing']] = $row;
        }
    }
    $owned = [];
    foreach ($licences as $row) {
        $owned += [ispmanagermodules_module_of($row) . ' ' . trim((string) $row['value']) => (int) $row['service']];
    }
    return $owned;
}

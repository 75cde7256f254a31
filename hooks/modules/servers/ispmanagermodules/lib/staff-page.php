<?php
/**
 * What staff see: on the page of a service what is bought and what waits, on the page of a product the account's tariffs.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/service.php';

/**
 * @param mixed $text
 * @return string
 */
function ispmanagermodules_escape($text)
{
    return is_scalar($text) && (string) $text !== '' ? htmlspecialchars((string) $text, ENT_QUOTES, 'UTF-8') : '–';
}

/**
 * @param array $params
 * @return array<string, string> HTML by label
 * @throws RuntimeException with a message that is safe to show to staff
 */
function ispmanagermodules_staff_fields($params)
{
    if (ispmanagermodules_is_addon($params)) {
        return ['State' => ISPMANAGERMODULES_ADDON_NOTE];
    }
    $answer = ispmanagermodules_ask($params['serviceid'], 'status');
    if ($answer['result'] === 'error') {
        throw new RuntimeException(rtrim(ispmanagermodules_plain(isset($answer['message']) ? $answer['message'] : ''), '.'));
    }
    $service = (isset($answer['service']) && is_array($answer['service']) ? $answer['service'] : [])
        + array_fill_keys(['state', 'paid_until', 'module_id', 'staff_text', 'last_error', 'customer_text'], null);
    $forCustomer = is_array($service['customer_text']) ? array_map('ispmanagermodules_escape', $service['customer_text']) : [];
    $lastError = is_string($service['last_error']) ? trim($service['last_error']) : '';
    return [
        'State' => ispmanagermodules_escape($service['state']),
        'Paid until' => ispmanagermodules_escape($service['paid_until']),
        'ispmanager id' => ispmanagermodules_escape($service['module_id']),
        'What to do' => ispmanagermodules_escape($service['staff_text']),
    ] + ($lastError === '' ? [] : ['Last error' => ispmanagermodules_escape($lastError)]) + [
        'Tell the customer' => implode('<br>', $forCustomer),
        'Purchases' => ispmanagermodules_purchase_table(isset($answer['purchases']) ? $answer['purchases'] : []),
    ];
}

/**
 * @param mixed $purchases
 * @return string
 */
function ispmanagermodules_purchase_table($purchases)
{
    $columns = [
        'id' => 'Purchase', 'state' => 'State', 'reason' => 'Reason', 'invoice_id' => 'Invoice', 'period_start' => 'From',
        'period_months' => 'Months', 'action' => 'Action', 'remote_service_id' => 'ispmanager id', 'paid_until' => 'Paid until',
    ];
    $rows = '';
    foreach (is_array($purchases) ? $purchases : [] as $purchase) {
        $cells = '';
        foreach (array_keys($columns) as $name) {
            $cells .= '<td>' . ispmanagermodules_escape(isset($purchase[$name]) ? $purchase[$name] : null) . '</td>';
        }
        $rows .= '<tr>' . $cells . '</tr>';
    }
    if ($rows === '') {
        return 'Nothing is paid yet.';
    }
    return '<table class="datatable" width="100%"><tr><th>' . implode('</th><th>', $columns) . '</th></tr>' . $rows . '</table>';
}

/**
 * The account's tariffs as a line of help, with the names by which panels match.
 *
 * @return string HTML
 */
function ispmanagermodules_tariff_list()
{
    try {
        $answer = ispmanagermodules_ask_bridge('/whmcs/tariffs', ['action' => 'tariffs']);
        if ($answer['result'] !== 'success' || !isset($answer['tariffs']) || !is_array($answer['tariffs'])) {
            throw new RuntimeException(rtrim(ispmanagermodules_plain(isset($answer['message']) ? $answer['message'] : ''), '.'));
        }
    } catch (RuntimeException $problem) {
        return 'The list of tariffs cannot be read: ' . ispmanagermodules_escape($problem->getMessage()) . '.';
    }
    $lines = [];
    foreach (array_slice($answer['tariffs'], 0, 200) as $tariff) {
        $parts = [];
        foreach (['id', 'name', 'additionintname'] as $name) {
            $parts[] = ispmanagermodules_escape(isset($tariff[$name]) ? $tariff[$name] : null);
        }
        $lines[] = '<strong>' . $parts[0] . '</strong> ' . $parts[1] . ' (additionintname ' . $parts[2] . ')';
    }
    return $lines === [] ? 'The account has none.' : '<br>' . implode('<br>', $lines);
}

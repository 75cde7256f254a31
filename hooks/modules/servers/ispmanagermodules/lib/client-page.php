<?php
/**
 * What a customer sees on the page of the module, and how they choose another licence when the purchase waits for one.
 */

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/service.php';
require_once __DIR__ . '/fields.php';
require_once __DIR__ . '/language.php';
require_once __DIR__ . '/texts.php';

/**
 * WHMCS calls this for the owner of the service only.
 *
 * @param array $params
 * @return array template and its variables, or nothing for an addon
 */
function ispmanagermodules_client_page($params)
{
    if (ispmanagermodules_is_addon($params)) {
        return [];
    }
    $serviceId = (int) $params['serviceid'];
    $language = ispmanagermodules_language((int) $params['userid']);
    $visit = ['until' => microtime(true) + ISPMANAGERMODULES_PATIENCE_SECONDS, 'service' => $serviceId, 'language' => $language];
    $service = ispmanagermodules_service_view($visit);
    $notice = null;
    if (isset($_POST['ispmanager_licence']) && !empty($service['can_choose_licence'])) {
        $notice = ispmanagermodules_choose_licence($visit, $_POST);
        $service = $notice['is_good'] ? ispmanagermodules_service_view($visit) : $service;
    }
    return [
        ispmanagermodules_page_place($params) => 'templates/clientarea.tpl',
        'templateVariables' => [
            'ispmanager' => ispmanagermodules_page_facts($params, $service, $language) + [
                'notice' => $notice,
                'can_choose' => !empty($service['can_choose_licence']),
                'licences' => empty($service['can_choose_licence']) ? [] : ispmanagermodules_candidates($visit, (int) $params['userid']),
                'form_key' => ispmanagermodules_form_key($serviceId),
                'command' => '/usr/local/mgr5/sbin/licctl fetch ispmgr',
            ],
            'ispmanager_texts' => ispmanagermodules_page_texts($language),
        ],
    ];
}

/**
 * Below WHMCS's own overview, or in its stead. Public copies of WHMCS's clientarea.php show what stands below for active
 * services only, and what replaces the overview for all: this is observed, not documented. Whoever waits for a module must see
 * the page too.
 *
 * @param array $params
 * @return string the key under which WHMCS expects the template
 */
function ispmanagermodules_page_place($params)
{
    $status = isset($params['status']) ? $params['status']
        : Capsule::table('tblhosting')->where('id', (int) $params['serviceid'])->value('domainstatus');
    return $status === 'Active' ? 'tabOverviewModuleOutputTemplate' : 'tabOverviewReplacementTemplate';
}

/**
 * @param array $visit 'service', 'until'
 * @return array empty while the bridge is away
 */
function ispmanagermodules_service_view(array $visit)
{
    try {
        $answer = ispmanagermodules_ask($visit['service'], 'status', ['until' => $visit['until']]);
        return isset($answer['service']) && is_array($answer['service']) ? $answer['service'] : [];
    } catch (RuntimeException $away) {
        return [];
    }
}

/**
 * Module, licence, address, expiry and state. While the bridge is away, what WHMCS itself knows.
 *
 * @param array $params
 * @param array $service
 * @param string $language
 * @return array<string, string>
 */
function ispmanagermodules_page_facts($params, array $service, $language)
{
    $fields = ispmanagermodules_service_fields((int) $params['serviceid']);
    $module = Capsule::table('tblproducts')->where('id', $params['pid'])->value('name');
    $paidUntil = isset($service['paid_until']) ? (string) $service['paid_until'] : $fields['paid_until']['value'];
    $texts = ispmanagermodules_page_texts($language);
    return [
        'module' => (string) $module,
        'licence' => $fields['licence']['value'],
        'ip' => $fields['ip']['value'],
        'paid_until' => ispmanagermodules_date($paidUntil, $language),
        'state' => isset($service['state']) ? (string) $service['state'] : 'unknown',
        'state_text' => isset($service['customer_text'][$language])
            ? ispmanagermodules_plain($service['customer_text'][$language]) : $texts['unknown'],
    ];
}

/**
 * @param string $date YYYY-MM-DD
 * @param string $language
 * @return string
 */
function ispmanagermodules_date($date, $language)
{
    return $language === 'ru' ? (string) preg_replace('/^(\d{4})-(\d{2})-(\d{2})\z/', '$3.$2.$1', $date) : $date;
}

/**
 * Checks the licence with the bridge, saves it, and lets the purchase go on.
 *
 * @param array $visit
 * @param array $form what was posted
 * @return array{is_good: bool, text: string}
 */
function ispmanagermodules_choose_licence(array $visit, array $form)
{
    $texts = ispmanagermodules_page_texts($visit['language']);
    $licence = is_string($form['ispmanager_licence']) ? trim($form['ispmanager_licence']) : '';
    if (!isset($form['ispmanager_form']) || !is_string($form['ispmanager_form'])
        || !hash_equals(ispmanagermodules_form_key($visit['service']), $form['ispmanager_form'])) {
        return ['is_good' => false, 'text' => $texts['stale_form']];
    }
    if (!preg_match('/^[1-9][0-9]{0,9}\z/', $licence)) {
        return ['is_good' => false, 'text' => $texts['bad_licence']];
    }
    $fields = ispmanagermodules_service_fields($visit['service']);
    if ($fields['licence']['id'] === null) {
        return ['is_good' => false, 'text' => $texts['not_now']];
    }
    try {
        $asked = ['licence' => $licence] + ($fields['ip']['value'] === '' ? [] : ['ip' => $fields['ip']['value']]);
        $options = ['until' => $visit['until'], 'is_urgent' => true];
        $answer = ispmanagermodules_ask($visit['service'], 'licence', $options + ['fields' => $asked]);
        if ($answer['result'] !== 'success') {
            $said = isset($answer['message'][$visit['language']]) ? ispmanagermodules_plain($answer['message'][$visit['language']]) : '';
            return ['is_good' => false, 'text' => $said === '' ? $texts['not_now'] : $said];
        }
        ispmanagermodules_save_field($visit['service'], $fields['licence']['id'], $licence);
    } catch (RuntimeException $away) {
        return ['is_good' => false, 'text' => $texts['not_now']];
    }
    try {
        ispmanagermodules_ask($visit['service'], 'check', $options);
    } catch (RuntimeException $away) {
        // It is saved; the bridge reads it by itself.
    }
    return ['is_good' => true, 'text' => $texts['saved']];
}

/**
 * Licences in our account for the addresses that staff have given to the client's running services. An ended service's
 * address may be another customer's by now, and what customers type proves nothing.
 *
 * @param array $visit
 * @param int $clientId
 * @return array<array{id: string, ip: string}>
 */
function ispmanagermodules_candidates(array $visit, $clientId)
{
    $ips = [];
    $services = Capsule::table('tblhosting')->where('userid', $clientId)->whereIn('domainstatus', ['Active', 'Suspended'])
        ->orderBy('id', 'desc')->limit(200)->get(['dedicatedip']);
    foreach ($services as $service) {
        $ip = trim((string) $service->dedicatedip);
        if (filter_var($ip, FILTER_VALIDATE_IP) !== false) {
            $ips[$ip] = true;
        }
    }
    if ($ips === []) {
        return [];
    }
    try {
        $body = ['action' => 'licences', 'licence' => null, 'ips' => array_map('strval', array_slice(array_keys($ips), 0, 50))];
        $answer = ispmanagermodules_ask_bridge('/whmcs/licences', $body, ['until' => $visit['until'], 'timeout_ms' => 1200]);
    } catch (RuntimeException $away) {
        return [];
    }
    $found = [];
    foreach (isset($answer['licences']) && is_array($answer['licences']) ? $answer['licences'] : [] as $licence) {
        if (isset($licence['id'], $licence['ip']) && is_scalar($licence['id']) && is_scalar($licence['ip'])) {
            $found[] = ['id' => (string) $licence['id'], 'ip' => (string) $licence['ip']];
        }
    }
    return $found;
}

/**
 * What only a page of this session and service can know, so that no other site can post for a customer.
 *
 * @param int $serviceId
 * @return string empty without settings, when nothing can be chosen anyway
 */
function ispmanagermodules_form_key($serviceId)
{
    try {
        return hash_hmac('sha256', 'licence form ' . $serviceId . ' ' . session_id(), ispmanagermodules_settings()['key']);
    } catch (RuntimeException $unusable) {
        return '';
    }
}

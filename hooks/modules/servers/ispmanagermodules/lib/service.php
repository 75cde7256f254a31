<?php
/**
 * What does the bridge say about one service?
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/bridge.php';

/** What one function of the module may take at most of the time of whoever waits for just that, in seconds. */
const ISPMANAGERMODULES_PATIENCE_SECONDS = 2.8;

/** What staff are told where they look at an addon, of which the bridge is not asked here. */
const ISPMANAGERMODULES_ADDON_NOTE = 'The bridge buys the module of this addon by itself once it is paid, and then sets the addon Active.';

/**
 * WHMCS calls the module for a product addon too, with the addon's id beside that of the service on which it stands: nothing that is
 * said or asked of that service is about the module.
 *
 * @param array $params
 * @return bool
 */
function ispmanagermodules_is_addon($params)
{
    return !empty($params['addonId']);
}

/**
 * Asks the bridge one thing about a service, and writes the call into WHMCS's module log. What is urgent, and what staff or a
 * program waits for, has its own time.
 *
 * @param int $serviceId
 * @param string $action create, suspend, unsuspend, terminate, renew, status, check or licence
 * @param array $options as of ispmanagermodules_call(), with 'until' (microtime) for its end and 'fields' of the body
 * @return array the answer: 'result', 'message', 'purchases', 'service'
 * @throws RuntimeException with a message that is safe to show to staff
 */
function ispmanagermodules_ask($serviceId, $action, array $options = [])
{
    $fields = isset($options['fields']) ? $options['fields'] : [];
    $body = ['action' => $action, 'service_id' => (int) $serviceId] + $fields;
    return ispmanagermodules_ask_bridge('/whmcs/services/' . (int) $serviceId . '/' . $action, $body, $options);
}

/**
 * @param string $path
 * @param array $body with 'action'
 * @param array $options see ispmanagermodules_ask()
 * @return array
 * @throws RuntimeException with a message that is safe to show to staff
 */
function ispmanagermodules_ask_bridge($path, array $body, array $options = [])
{
    $until = isset($options['until']) ? $options['until'] : microtime(true) + ISPMANAGERMODULES_PATIENCE_SECONDS;
    $leftMs = (int) (1000 * ($until - microtime(true)));
    $options['timeout_ms'] = min($leftMs, isset($options['timeout_ms']) ? $options['timeout_ms'] : $leftMs);
    $options['has_own_time'] = !empty($options['is_urgent']) || ispmanagermodules_is_backstage();
    try {
        if ($leftMs < 50) {
            throw new RuntimeException('no time was left to ask the bridge');
        }
        $answer = ispmanagermodules_call($path, $body, $options);
        $said = json_decode($answer['body'], true);
        if (!is_array($said) || !isset($said['result'])) {
            throw new RuntimeException(ispmanagermodules_explain_status($answer['status']));
        }
        ispmanagermodules_log_call($body, $answer['body'], (string) $said['result']);
        return $said;
    } catch (RuntimeException $problem) {
        ispmanagermodules_log_call($body, '', $problem->getMessage());
        throw $problem;
    }
}

/**
 * @param int $status
 * @return string
 */
function ispmanagermodules_explain_status($status)
{
    if ($status === 401) {
        return 'the bridge refuses the signature: the secret of ispmodules-settings.php and WEBHOOK_SECRET differ, or a clock is wrong';
    }
    return 'the bridge answered HTTP ' . $status . ($status === 404 ? ': check the url in ispmodules-settings.php' : '');
}

/**
 * One entry of WHMCS's module log, which keeps them only while staff have switched it on.
 *
 * @param array $request
 * @param string $response
 * @param string $outcome
 * @return void
 */
function ispmanagermodules_log_call(array $request, $response, $outcome)
{
    try {
        if (function_exists('logModuleCall')) {
            logModuleCall('ispmanagermodules', $request['action'], $request, $response, $outcome, ispmanagermodules_secrets());
        }
    } catch (Throwable $ignored) {
        // A log that fails must not stop the call.
    }
}

/**
 * Everything that must not stand in a log, in each form in which it might.
 *
 * @return string[]
 */
function ispmanagermodules_secrets()
{
    try {
        $key = ispmanagermodules_settings()['key'];
        return ['whsec_' . base64_encode($key), base64_encode($key), $key];
    } catch (Throwable $unusable) {
        return [];
    }
}

/**
 * A text of the bridge as one line without markup, for pages that may or may not escape it.
 *
 * @param mixed $text
 * @return string
 */
function ispmanagermodules_plain($text)
{
    $line = is_string($text) ? trim((string) preg_replace('/[\s\x00-\x1F<>]+/', ' ', $text)) : '';
    return (string) preg_replace('/^(.{0,600}).*\z/us', '$1', $line);
}

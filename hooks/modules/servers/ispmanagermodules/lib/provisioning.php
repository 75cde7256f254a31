<?php
/**
 * What WHMCS's provisioning asks for. Nothing is bought here: the bridge buys what is paid, and these calls make it look.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/fields.php';
require_once __DIR__ . '/service.php';

/**
 * Also called by WHMCS within the bridge's own ModuleCreate, when everything is bought; there is none for an addon.
 *
 * @param array $params
 * @return string success, or a sentence
 * @throws RuntimeException with a message that is safe to show to staff
 */
function ispmanagermodules_answer_create($params)
{
    if (ispmanagermodules_is_addon($params)) {
        return ISPMANAGERMODULES_ADDON_NOTE;
    }
    $answer = ispmanagermodules_ask($params['serviceid'], 'create', ['is_urgent' => ispmanagermodules_is_backstage()]);
    if ($answer['result'] !== 'success') {
        return ispmanagermodules_sentence($answer);
    }
    ispmanagermodules_save_facts((int) $params['serviceid'], isset($answer['service']) ? $answer['service'] : null);
    return 'success';
}

/**
 * Renew, suspend, unsuspend, terminate: a renewal is stored, and for the others nothing is done at ispmanager, where the module
 * runs to the end of its paid term. So a bridge that is away must not keep WHMCS from any: it reads invoices and services by
 * itself, and nobody is to get hundreds of e-mails about one bad night. A cron run whose time went to a bridge that is only slow
 * says nothing at all. Nor is the bridge asked about an addon.
 *
 * @param array $params
 * @param string $action
 * @return string
 */
function ispmanagermodules_answer_change($params, $action)
{
    if (ispmanagermodules_is_addon($params) || (!ispmanagermodules_is_backstage() && !ispmanagermodules_has_patience())) {
        return 'success';
    }
    $what = $action . ' of service ' . (int) $params['serviceid'];
    try {
        $answer = ispmanagermodules_ask($params['serviceid'], $action);
    } catch (RuntimeException $problem) {
        ispmanagermodules_log_once('away', $what . ' was not told to the bridge: ' . $problem->getMessage() . '. It will find out by itself.');
        return 'success';
    }
    if ($answer['result'] === 'error') {
        return ispmanagermodules_sentence($answer);
    }
    $note = ispmanagermodules_plain(isset($answer['message']) ? $answer['message'] : '');
    if ($note !== '' && in_array($action, ['suspend', 'terminate'], true)) {
        ispmanagermodules_log_once($what, $what . ': ' . $note);
    }
    return 'success';
}

/**
 * @param string $matter of which there is one line in a PHP request
 * @param string $line
 * @return void
 */
function ispmanagermodules_log_once($matter, $line)
{
    static $logged = [];

    if (!isset($logged[$matter])) {
        $logged[$matter] = true;
        ispmanagermodules_log($line);
    }
}

/**
 * @param array $params
 * @return string
 * @throws RuntimeException with a message that is safe to show to staff
 */
function ispmanagermodules_answer_check($params)
{
    if (ispmanagermodules_is_addon($params)) {
        return ISPMANAGERMODULES_ADDON_NOTE;
    }
    $answer = ispmanagermodules_ask($params['serviceid'], 'check', ['is_urgent' => true]);
    return $answer['result'] === 'error' ? ispmanagermodules_sentence($answer) : 'success';
}

/**
 * @return string empty when the bridge answers and can read the account's tariffs
 * @throws RuntimeException with a message that is safe to show to staff
 */
function ispmanagermodules_answer_test()
{
    $answer = ispmanagermodules_ask_bridge('/whmcs/tariffs', ['action' => 'tariffs'], ['is_urgent' => true]);
    return $answer['result'] === 'success' ? '' : ispmanagermodules_sentence($answer);
}

/**
 * @param array $answer
 * @return string never empty, and never the word success, which WHMCS would take for it
 */
function ispmanagermodules_sentence(array $answer)
{
    $message = ispmanagermodules_plain(isset($answer['message']) ? $answer['message'] : '');
    return $message === '' || $message === 'success' ? 'The module is not bought yet.' : $message;
}

/**
 * Expiry and ispmanager id into the service's fields, so that the welcome e-mail that follows can show them. A field that
 * staff have removed stays away.
 *
 * @param int $serviceId
 * @param mixed $service
 * @return void
 */
function ispmanagermodules_save_facts($serviceId, $service)
{
    try {
        $fields = ispmanagermodules_service_fields($serviceId);
        foreach (['paid_until', 'module_id'] as $role) {
            $value = isset($service[$role]) ? ispmanagermodules_plain((string) $service[$role]) : '';
            if ($value !== '' && $fields[$role]['id'] !== null) {
                ispmanagermodules_save_field($serviceId, $fields[$role]['id'], $value);
            }
        }
    } catch (Throwable $problem) {
        // They are for show, the module is bought.
        ispmanagermodules_log('expiry of service ' . $serviceId . ' was not saved: ' . get_class($problem) . '.');
    }
}

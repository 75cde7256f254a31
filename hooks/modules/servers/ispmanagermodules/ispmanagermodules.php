<?php
/**
 * WHMCS server module for ispmanager modules. The ispmodules bridge buys them; these functions ask it, store in it that
 * something has happened, and show what it knows. Each answers within 3 s, and none throws.
 *
 * Runs on PHP 7.2 to 8.4. Does nothing when it is included.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/**
 * @return array
 */
function ispmanagermodules_MetaData()
{
    return ['DisplayName' => 'ispmanager modules', 'APIVersion' => '1.1', 'RequiresServer' => false];
}

/**
 * The eight settings of a product. The tariff is a text field: a drop-down would store another tariff without a word when the
 * list cannot be read.
 *
 * @return array
 */
function ispmanagermodules_ConfigOptions()
{
    $list = ispmanagermodules_do('staff-page', 'tariff_list', [], function () {
        return 'The list of tariffs cannot be read.';
    });
    $text = ['Type' => 'text', 'Size' => '25'];
    return [
        'Tariff' => ['Description' => 'Number of the module in the price list of your ispmanager account. ' . $list] + $text,
        'additionintname' => ['Description' => 'Name by which panels know the module, e.g. DDoSGUARD'] + $text,
        'intname' => ['Description' => 'Only when it differs from additionintname'] + $text,
        'Highest cost per month' => ['Description' => 'In the currency of your account, e.g. 12.50 or 12.50 EUR; empty for no limit'] + $text,
        'Sell in panels' => ['Description' => 'yes, no, or free for a price of 0.00; empty is yes'] + $text,
        'Extra order fields' => ['Description' => 'e.g. bitninja_email={client.email}; usually empty', 'Size' => '60'] + $text,
        'Sale at a loss' => ['Description' => 'allow: buy also what costs more than the customer paid; empty is no'] + $text,
        'At the end of a service' => ['Description' => 'delete: the module at once; expire or empty: it runs to the end of its paid term'] + $text,
    ];
}

/**
 * Success only when the module of the current period is bought and active; else a sentence for staff.
 *
 * @param array $params
 * @return string
 */
function ispmanagermodules_CreateAccount($params)
{
    return ispmanagermodules_do('provisioning', 'answer_create', [$params], 'ispmanagermodules_say');
}

/**
 * @param array $params
 * @return string
 */
function ispmanagermodules_SuspendAccount($params)
{
    return ispmanagermodules_do('provisioning', 'answer_change', [$params, 'suspend'], 'ispmanagermodules_say');
}

/**
 * @param array $params
 * @return string
 */
function ispmanagermodules_UnsuspendAccount($params)
{
    return ispmanagermodules_do('provisioning', 'answer_change', [$params, 'unsuspend'], 'ispmanagermodules_say');
}

/**
 * @param array $params
 * @return string
 */
function ispmanagermodules_TerminateAccount($params)
{
    return ispmanagermodules_do('provisioning', 'answer_change', [$params, 'terminate'], 'ispmanagermodules_say');
}

/**
 * @param array $params
 * @return string
 */
function ispmanagermodules_Renew($params)
{
    return ispmanagermodules_do('provisioning', 'answer_change', [$params, 'renew'], 'ispmanagermodules_say');
}

/**
 * @param array $params
 * @return array{success: bool, error: string}
 */
function ispmanagermodules_TestConnection($params)
{
    $error = ispmanagermodules_do('provisioning', 'answer_test', [], 'ispmanagermodules_say');
    return ['success' => $error === '', 'error' => $error];
}

/**
 * @return array<string, string>
 */
function ispmanagermodules_AdminCustomButtonArray()
{
    return ['Check now' => 'checknow'];
}

/**
 * The button "Check now": the bridge reads WHMCS anew and takes up what waits.
 *
 * @param array $params
 * @return string
 */
function ispmanagermodules_checknow($params)
{
    return ispmanagermodules_do('provisioning', 'answer_check', [$params], 'ispmanagermodules_say');
}

/**
 * @param array $params
 * @return array<string, string> HTML by label
 */
function ispmanagermodules_AdminServicesTabFields($params)
{
    return ispmanagermodules_do('staff-page', 'staff_fields', [$params], function ($problem) {
        return ['State' => htmlspecialchars(ispmanagermodules_say($problem), ENT_QUOTES, 'UTF-8')];
    });
}

/**
 * @param array $params
 * @return array template and its variables, or nothing
 */
function ispmanagermodules_ClientArea($params)
{
    return ispmanagermodules_do('client-page', 'client_page', [$params], function () {
        return [];
    });
}

/**
 * Runs a function of one of our files, which is read now; whatever is thrown becomes an answer.
 *
 * @param string $file in lib, without .php
 * @param string $function without prefix
 * @param array $arguments
 * @param callable $otherwise gets the Throwable
 * @return mixed
 */
function ispmanagermodules_do($file, $function, array $arguments, $otherwise)
{
    try {
        $path = __DIR__ . '/lib/' . $file . '.php';
        if (!is_file($path)) {
            throw new RuntimeException('lib/' . $file . '.php of the module is missing; copy its files again');
        }
        require_once $path;
        return call_user_func_array('ispmanagermodules_' . $function, $arguments);
    } catch (Throwable $problem) {
        return call_user_func($otherwise, $problem);
    }
}

/**
 * A problem as a sentence for staff. Only our own messages are known to hold no secret and no query.
 *
 * @param Throwable $problem
 * @return string
 */
function ispmanagermodules_say($problem)
{
    return 'ispmodules: ' . (get_class($problem) === 'RuntimeException' ? $problem->getMessage() : get_class($problem)) . '.';
}

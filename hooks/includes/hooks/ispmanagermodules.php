<?php
/**
 * Which moments of WHMCS does the ispmanager modules bridge take part in? Registers them, and nothing else.
 *
 * The work is done by files of modules/servers/ispmanagermodules/lib, each read only when its moment has come. Whatever goes
 * wrong there is one line in the activity log: no page, payment or cron run ends because of it.
 *
 * Runs on PHP 7.2 to 8.4.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

foreach (ispmanagermodules_moments() as $ispmanagermodulesMoment) {
    add_hook($ispmanagermodulesMoment[0], 1, ispmanagermodules_hook($ispmanagermodulesMoment[0], $ispmanagermodulesMoment[1]));
}
unset($ispmanagermodulesMoment);

/**
 * Each hook point with the part of our work that belongs there.
 *
 * @return array<array{0: string, 1: string}>
 */
function ispmanagermodules_moments()
{
    return [
        ['InvoicePaid', 'event'],
        ['InvoiceCreated', 'event'],
        ['OrderPaid', 'event'],
        ['InvoiceUnpaid', 'event'],
        ['InvoiceCancelled', 'event'],
        ['InvoiceRefunded', 'event'],
        ['AddTransaction', 'event'],
        ['AcceptOrder', 'event'],
        ['FraudOrder', 'event'],
        ['CancelOrder', 'event'],
        ['CancelAndRefundOrder', 'event'],
        ['DeleteOrder', 'event'],
        ['AfterModuleSuspend', 'event'],
        ['AfterModuleUnsuspend', 'event'],
        ['AfterModuleTerminate', 'event'],
        ['CancellationRequest', 'event'],
        ['AddonSuspended', 'event'],
        ['AddonUnsuspended', 'event'],
        ['AddonTerminated', 'event'],
        ['AddonCancelled', 'event'],
        ['AddonFraud', 'event'],
        ['AfterCronJob', 'heartbeat'],
        ['AfterCronJob', 'setup'],
        ['AdminAreaHeadOutput', 'setup'],
        ['ShoppingCartValidateProductUpdate', 'cart'],
        ['ShoppingCartValidateCheckout', 'cart'],
        ['ClientAreaPage', 'front_page'],
        ['ClientAreaPageHome', 'front_page'],
        ['EmailPreSend', 'mail'],
    ];
}

/**
 * @param string $point
 * @param string $part
 * @return Closure what WHMCS calls at this point
 */
function ispmanagermodules_hook($point, $part)
{
    return function ($vars = null) use ($point, $part) {
        $vars = is_array($vars) ? $vars : [];
        try {
            return ispmanagermodules_has_work($point, $vars) ? ispmanagermodules_work($part, $point, $vars) : null;
        } catch (Throwable $problem) {
            // Its message may quote what a customer typed, or a query.
            ispmanagermodules_complain($point . ' ended with ' . get_class($problem));
            return null;
        }
    };
}

/**
 * Most pages have nothing to do with us; they should not even make PHP read our files.
 *
 * @param string $point
 * @param array $vars
 * @return bool
 */
function ispmanagermodules_has_work($point, array $vars)
{
    if ($point === 'AdminAreaHeadOutput') {
        return isset($vars['filename']) && $vars['filename'] === 'configproducts';
    }
    if ($point === 'EmailPreSend') {
        return isset($vars['messagename']) && strpos((string) $vars['messagename'], 'ispmanager module ') === 0;
    }
    if ($point === 'ClientAreaPage' || $point === 'ClientAreaPageHome') {
        return isset($_REQUEST['func']) || isset($_REQUEST['module']) || isset($_REQUEST['module_id']);
    }
    return true;
}

/**
 * @param string $part
 * @param string $point
 * @param array $vars
 * @return mixed what the hook point is answered
 */
function ispmanagermodules_work($part, $point, array $vars)
{
    $files = ['event' => 'events', 'heartbeat' => 'events', 'cart' => 'cart', 'front_page' => 'front-page',
        'setup' => 'setup', 'mail' => 'mails'];
    $root = defined('ROOTDIR') ? (string) constant('ROOTDIR') : dirname(__DIR__, 2);
    $file = $root . '/modules/servers/ispmanagermodules/lib/' . $files[$part] . '.php';
    if (!is_file($file)) {
        ispmanagermodules_complain('modules/servers/ispmanagermodules/lib/' . $files[$part] . '.php is missing');
        return null;
    }
    require_once $file;
    return call_user_func('ispmanagermodules_' . $part, $point, $vars);
}

/**
 * One line in WHMCS's activity log, and each only once per PHP request.
 *
 * @param string $problem
 * @return void
 */
function ispmanagermodules_complain($problem)
{
    static $said = [];

    try {
        if (!isset($said[$problem]) && function_exists('logActivity')) {
            $said[$problem] = true;
            logActivity('ispmodules: ' . $problem . '.');
        }
    } catch (Throwable $ignored) {
        // A log that fails must not stop a payment.
    }
}

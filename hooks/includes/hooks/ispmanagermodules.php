<?php
/**
 * Tells the ispmodules bridge that an invoice was paid, set back to unpaid or refunded, and that cron runs.
 *
 * What is sent is a hint: an event name and an invoice id. The bridge then reads WHMCS itself, and finds on its own what
 * was never sent. So nothing here is retried, nothing may fail loudly, and nothing may keep a customer waiting.
 *
 * Settings and signature: modules/servers/ispmanagermodules/lib/bridge.php, which is read when a hook first needs it.
 *
 * Runs on PHP 7.2 to 8.4.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

add_hook('InvoicePaid', 1, 'ispmanagermodules_invoice_paid');
add_hook('InvoiceUnpaid', 1, 'ispmanagermodules_invoice_unpaid');
add_hook('InvoiceRefunded', 1, 'ispmanagermodules_invoice_refunded');
add_hook('AfterCronJob', 1, 'ispmanagermodules_heartbeat');

/**
 * @param mixed $vars WHMCS gives ['invoiceid' => int, …]
 * @return void
 */
function ispmanagermodules_invoice_paid($vars = null)
{
    ispmanagermodules_notify_invoice('invoice.paid', $vars);
}

/**
 * WHMCS may call this before it changes the row; the bridge looks again later.
 *
 * @param mixed $vars WHMCS gives ['invoiceid' => int, …]
 * @return void
 */
function ispmanagermodules_invoice_unpaid($vars = null)
{
    ispmanagermodules_notify_invoice('invoice.unpaid', $vars);
}

/**
 * @param mixed $vars WHMCS gives ['invoiceid' => int, …]
 * @return void
 */
function ispmanagermodules_invoice_refunded($vars = null)
{
    ispmanagermodules_notify_invoice('invoice.refunded', $vars);
}

/**
 * End of a cron run: shows the bridge that the hooks are alive.
 *
 * @param mixed $vars not used
 * @return void
 */
function ispmanagermodules_heartbeat($vars = null)
{
    ispmanagermodules_notify('hook.heartbeat', []);
}

/**
 * @param string $type
 * @param mixed $vars
 * @return void
 */
function ispmanagermodules_notify_invoice($type, $vars)
{
    $id = is_array($vars) && isset($vars['invoiceid']) ? $vars['invoiceid'] : null;
    if (!is_int($id) && !is_string($id)) {
        return;
    }
    if (preg_match('/^[1-9][0-9]{0,14}\z/', (string) $id)) {
        ispmanagermodules_notify($type, ['invoice_id' => (int) $id]);
    }
}

/**
 * Sends one event, at most once per PHP request, and swallows whatever goes wrong.
 *
 * A cron run may pay a thousand invoices: the first failure ends the sending for this PHP request, so that a bridge
 * that is away costs its time limit, and one line in the log, once and not a thousand times.
 *
 * @param string $type
 * @param array $data
 * @return void
 */
function ispmanagermodules_notify($type, array $data)
{
    static $sent = [];
    static $hasFailed = false;

    $event = trim($type . ' ' . implode(' ', $data));
    if ($hasFailed || isset($sent[$event])) {
        return;
    }
    $sent[$event] = true;
    $bridge = dirname(__DIR__, 2) . '/modules/servers/ispmanagermodules/lib/bridge.php';
    if (!@is_file($bridge)) {
        return;
    }
    try {
        require_once $bridge;
        $answer = ispmanagermodules_call('/webhooks/whmcs', ['type' => $type, 'data' => (object) $data], ['timeout_ms' => 1000]);
        $problem = $answer['status'] === 202 ? '' : 'the bridge answered HTTP ' . $answer['status'];
    } catch (RuntimeException $failure) {
        $problem = $failure->getMessage();
    } catch (Throwable $failure) {
        $problem = get_class($failure);
    }
    if ($problem !== '' && function_exists('ispmanagermodules_log')) {
        $hasFailed = true;
        ispmanagermodules_log($event . ' was not delivered: ' . $problem . '. The bridge will find out by itself.');
    }
}

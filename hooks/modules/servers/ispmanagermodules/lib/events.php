<?php
/**
 * What does the bridge hear when something happens in WHMCS? The name of the event and one id, once per PHP request.
 *
 * What is sent is a hint: the bridge then reads WHMCS itself, and finds on its own what was never sent. So nothing here
 * is retried, nothing may fail loudly, and nothing may keep a customer waiting.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/bridge.php';
require_once __DIR__ . '/shop.php';
require_once __DIR__ . '/values.php';

/** Of the package these files came with. */
const ISPMANAGERMODULES_VERSION = '0.1.0';

/**
 * Sends what this hook point means, when it concerns one of our products.
 *
 * @param string $point name of the hook point
 * @param array $vars what WHMCS passes on
 * @return void
 */
function ispmanagermodules_event($point, array $vars)
{
    $event = ispmanagermodules_event_of($point, $vars);
    if ($event === null) {
        return;
    }
    list($type, $name, $id) = $event;
    $isSent = ispmanagermodules_notify($type, [$name => $id], function () use ($name, $id) {
        return ispmanagermodules_is_ours($name, $id);
    });
    if ($isSent && ispmanagermodules_is_heartbeat_due()) {
        ispmanagermodules_heartbeat();
    }
}

/**
 * A machine that serves pages and runs no cron is heard of once an hour, after an event that was sent anyway.
 *
 * @return bool
 */
function ispmanagermodules_is_heartbeat_due()
{
    $file = ispmanagermodules_state_file('heartbeat');
    $ageSeconds = ispmanagermodules_age($file);
    if ($ageSeconds === null || $ageSeconds >= 3600) {
        ispmanagermodules_touch($file);
    }
    return $ageSeconds !== null && $ageSeconds >= 3600;
}

/**
 * After a cron run: shows the bridge that the hooks of this machine are alive, and in which version.
 *
 * @return void
 */
function ispmanagermodules_heartbeat()
{
    ispmanagermodules_notify('hook.heartbeat', [
        'version' => ISPMANAGERMODULES_VERSION,
        'php' => PHP_VERSION,
        'node' => substr((string) gethostname(), 0, 64),
    ]);
}

/**
 * Type, name of the id and id of the event behind a hook point; null where there is none or the id is no id.
 *
 * Orders are announced before they change, suspensions after; the bridge looks again by itself.
 *
 * @param string $point
 * @param array $vars
 * @return array{0: string, 1: string, 2: int}|null
 */
function ispmanagermodules_event_of($point, array $vars)
{
    $events = [
        'InvoicePaid' => ['invoice.paid', 'invoice_id', 'invoiceid'],
        'InvoiceCreated' => ['invoice.paid', 'invoice_id', 'invoiceid'],
        'OrderPaid' => ['invoice.paid', 'invoice_id', 'invoiceId'],
        'InvoiceUnpaid' => ['invoice.unpaid', 'invoice_id', 'invoiceid'],
        'InvoiceCancelled' => ['invoice.cancelled', 'invoice_id', 'invoiceid'],
        'InvoiceRefunded' => ['invoice.refunded', 'invoice_id', 'invoiceid'],
        // WHMCS misspells the invoice of a transaction; a release that has learned to spell it is understood as well.
        'AddTransaction' => ['transaction.refunded', 'invoice_id', isset($vars['invoiceid']) ? 'invoiceid' : 'invocieid'],
        'AcceptOrder' => ['order.accepted', 'order_id', 'orderid'],
        'FraudOrder' => ['order.fraud', 'order_id', 'orderid'],
        'CancelOrder' => ['order.cancelled', 'order_id', 'orderid'],
        'CancelAndRefundOrder' => ['order.cancelled', 'order_id', 'orderid'],
        'DeleteOrder' => ['order.cancelled', 'order_id', 'orderid'],
        'AfterModuleSuspend' => ['service.suspended', 'service_id', 'serviceid'],
        'AfterModuleUnsuspend' => ['service.unsuspended', 'service_id', 'serviceid'],
        'AfterModuleTerminate' => ['service.terminated', 'service_id', 'serviceid'],
        'CancellationRequest' => ['service.cancellation_requested', 'service_id', 'relid'],
        'AddonSuspended' => ['addon.suspended', 'service_addon_id', 'id'],
        'AddonUnsuspended' => ['addon.unsuspended', 'service_addon_id', 'id'],
        'AddonTerminated' => ['addon.terminated', 'service_addon_id', 'id'],
        'AddonCancelled' => ['addon.cancelled', 'service_addon_id', 'id'],
        'AddonFraud' => ['addon.fraud', 'service_addon_id', 'id'],
    ];
    if (!isset($events[$point]) || !ispmanagermodules_has_happened($point, $vars)) {
        return null;
    }
    list($type, $name, $variable) = $events[$point];
    $isModule = strpos($point, 'AfterModule') === 0;
    if ($isModule && ispmanagermodules_value(ispmanagermodules_value($vars, 'params'), 'addonId')) {
        // It is the addon that was suspended, and not the service on which it stands: AddonSuspended and its like tell of that.
        return null;
    }
    $id = ispmanagermodules_id(ispmanagermodules_value($isModule ? ispmanagermodules_value($vars, 'params') : $vars, $variable));
    return $id === null ? null : [$type, $name, $id];
}

/**
 * Some hook points speak of more than their event: an invoice may be created unpaid, and most transactions are payments.
 *
 * @param string $point
 * @param array $vars
 * @return bool
 */
function ispmanagermodules_has_happened($point, array $vars)
{
    if ($point === 'InvoiceCreated') {
        // Credit that is applied at once makes an invoice that is born paid.
        return ispmanagermodules_value($vars, 'status') === 'Paid';
    }
    if ($point === 'AddTransaction') {
        return (float) ispmanagermodules_value($vars, 'amountout') > 0 || (int) ispmanagermodules_value($vars, 'refundid') > 0;
    }
    return true;
}

/**
 * Sends one event, at most once per PHP request, and swallows whatever goes wrong.
 *
 * A cron run may pay a thousand invoices: the first failure ends the sending for this PHP request, so that a bridge
 * that is away costs its time limit, and one line in the log, once and not a thousand times.
 *
 * @param string $type
 * @param array $data
 * @param callable|null $isOurs asked only when the event would be sent; null sends in any case
 * @return bool whether the bridge has accepted it
 */
function ispmanagermodules_notify($type, array $data, $isOurs = null)
{
    static $seen = [];
    static $isOver = false;

    $event = trim($type . ' ' . ($isOurs === null ? '' : implode(' ', $data)));
    if ($isOver || isset($seen[$event]) || !ispmanagermodules_has_patience()) {
        return false;
    }
    $seen[$event] = true;
    try {
        if (ispmanagermodules_is_resting() || ($isOurs !== null && !$isOurs())) {
            return false;
        }
        ispmanagermodules_send_event($type, $data);
        return true;
    } catch (Throwable $problem) {
        $isOver = true;
        $reason = ispmanagermodules_say_safely($problem);
        ispmanagermodules_log($event . ' was not delivered: ' . $reason . '. The bridge will find out by itself.');
        return false;
    }
}

/**
 * @param string $type
 * @param array $data
 * @return void
 * @throws RuntimeException with a message that is safe to log, when the event was not accepted
 */
function ispmanagermodules_send_event($type, array $data)
{
    $answer = ispmanagermodules_call('/webhooks/whmcs', ['type' => $type, 'data' => (object) $data]);
    if ($answer['status'] !== 202) {
        throw new RuntimeException('the bridge answered HTTP ' . $answer['status']);
    }
}

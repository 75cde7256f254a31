<?php
/**
 * Tells the ispmodules bridge that an invoice was paid, set back to unpaid or refunded, and that cron runs.
 *
 * What is sent is a hint: an event name and an invoice id. The bridge then reads WHMCS itself, and finds on its own what
 * was never sent. So nothing here is retried, nothing may fail loudly, and nothing may keep a customer waiting.
 *
 * Settings stand in a file outside the web root that returns ['url' => 'https://…', 'secret' => 'whsec_…']. Its path is
 * the environment variable ISPMODULES_SETTINGS, else the constant of that name (see configuration.php), else
 * ispmodules-settings.php in the folder above the WHMCS root.
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
    try {
        ispmanagermodules_post(ispmanagermodules_settings(), $type, $data);
    } catch (RuntimeException $problem) {
        $hasFailed = true;
        ispmanagermodules_log($event, $problem->getMessage());
    } catch (Throwable $problem) {
        $hasFailed = true;
        ispmanagermodules_log($event, get_class($problem));
    }
}

/**
 * Path of the settings file, by the search order documented above.
 *
 * @return string
 */
function ispmanagermodules_settings_file()
{
    $fromEnvironment = (string) getenv('ISPMODULES_SETTINGS');
    if ($fromEnvironment !== '') {
        return $fromEnvironment;
    }
    $fromConstant = defined('ISPMODULES_SETTINGS') ? (string) constant('ISPMODULES_SETTINGS') : '';
    if ($fromConstant !== '') {
        return $fromConstant;
    }
    $root = defined('ROOTDIR') ? (string) constant('ROOTDIR') : dirname(__DIR__, 2);
    return dirname($root) . '/ispmodules-settings.php';
}

/**
 * The checked settings.
 *
 * @return array{url: string, key: string} the webhook's address and the raw signing key
 * @throws RuntimeException with a message that is safe to log
 */
function ispmanagermodules_settings()
{
    $settings = ispmanagermodules_read_settings(ispmanagermodules_settings_file());
    $url = is_array($settings) && isset($settings['url']) ? $settings['url'] : null;
    if (!is_string($url) || !preg_match('~^https?://[^\s/?#@]+(/[^\s?#]*)?\z~i', $url)) {
        throw new RuntimeException('the settings file has no usable url');
    }
    $secret = isset($settings['secret']) ? $settings['secret'] : null;
    $key = is_string($secret) ? ispmanagermodules_key($secret) : null;
    if ($key === null) {
        throw new RuntimeException('the settings file has no usable secret');
    }
    return ['url' => rtrim($url, '/') . '/webhooks/whmcs', 'key' => $key];
}

/**
 * What the settings file returns; whatever it prints by mistake does not reach the page.
 *
 * @param string $file
 * @return mixed
 * @throws RuntimeException with a message that is safe to log
 */
function ispmanagermodules_read_settings($file)
{
    // Silent, because outside open_basedir even the question is a warning.
    if (!@is_readable($file) || !@is_file($file)) {
        throw new RuntimeException('the settings file is missing or not readable');
    }
    ob_start();
    try {
        return include $file;
    } catch (Throwable $problem) {
        // Its message may quote the file, and so the secret.
        throw new RuntimeException('the settings file fails with ' . get_class($problem));
    } finally {
        ob_end_clean();
    }
}

/**
 * The key inside whsec_<base64>, or null when the text has not that shape or the key is shorter than 24 bytes.
 *
 * @param string $secret
 * @return string|null
 */
function ispmanagermodules_key($secret)
{
    if (strpos($secret, 'whsec_') !== 0) {
        return null;
    }
    $encoded = substr($secret, 6);
    $key = base64_decode($encoded, true);
    return is_string($key) && strlen($key) >= 24 && base64_encode($key) === $encoded ? $key : null;
}

/**
 * Signature of the Standard Webhooks scheme: HMAC-SHA256 of id.timestamp.body.
 *
 * @param string $key raw bytes
 * @param string $id
 * @param int $timestamp seconds since 1970
 * @param string $body
 * @return string value of the webhook-signature header
 */
function ispmanagermodules_sign($key, $id, $timestamp, $body)
{
    return 'v1,' . base64_encode(hash_hmac('sha256', $id . '.' . $timestamp . '.' . $body, $key, true));
}

/**
 * Posts one signed event and waits for its 202; at most 1 s to connect and 3 s in all.
 *
 * @param array $settings see ispmanagermodules_settings()
 * @param string $type
 * @param array $data
 * @return void
 * @throws RuntimeException with a message that is safe to log
 */
function ispmanagermodules_post(array $settings, $type, array $data)
{
    $id = 'msg_' . bin2hex(random_bytes(16));
    $timestamp = time();
    $body = json_encode([
        'type' => $type,
        'timestamp' => gmdate('Y-m-d\TH:i:s\Z', $timestamp),
        'data' => (object) $data,
    ]);
    $handle = curl_init();
    $isReady = curl_setopt_array($handle, [
        CURLOPT_URL => $settings['url'],
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => $body,
        CURLOPT_HTTPHEADER => [
            'Content-Type: application/json',
            'Expect:',
            'webhook-id: ' . $id,
            'webhook-timestamp: ' . $timestamp,
            'webhook-signature: ' . ispmanagermodules_sign($settings['key'], $id, $timestamp, $body),
        ],
        CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
        CURLOPT_FOLLOWLOCATION => false,
        CURLOPT_SSL_VERIFYPEER => true,
        CURLOPT_SSL_VERIFYHOST => 2,
        CURLOPT_NOSIGNAL => true,
        CURLOPT_CONNECTTIMEOUT_MS => 1000,
        CURLOPT_TIMEOUT_MS => 3000,
        CURLOPT_WRITEFUNCTION => 'ispmanagermodules_discard',
    ]);
    if (!$isReady || curl_exec($handle) === false) {
        throw new RuntimeException('no answer from the bridge, curl error ' . curl_errno($handle));
    }
    $status = (int) curl_getinfo($handle, CURLINFO_HTTP_CODE);
    if ($status !== 202) {
        throw new RuntimeException('the bridge answered HTTP ' . $status);
    }
}

/**
 * The status says everything; whatever else is answered is not kept.
 *
 * @param mixed $handle
 * @param string $chunk
 * @return int
 */
function ispmanagermodules_discard($handle, $chunk)
{
    return strlen($chunk);
}

/**
 * One line in WHMCS's activity log, without secrets or bodies.
 *
 * @param string $event
 * @param string $problem
 * @return void
 */
function ispmanagermodules_log($event, $problem)
{
    try {
        if (function_exists('logActivity')) {
            logActivity('ispmodules: ' . $event . ' was not delivered: ' . $problem . '. The bridge will find out by itself.');
        }
    } catch (Throwable $ignored) {
        // A log that fails must not stop a payment.
    }
}

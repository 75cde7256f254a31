<?php
/**
 * Speaks with the ispmodules bridge: settings, signature, and one HTTP call with a time limit.
 *
 * Settings stand in a file outside the web root that returns ['url' => 'https://…', 'secret' => 'whsec_…']. Its path is
 * the environment variable ISPMODULES_SETTINGS, else the constant of that name (see configuration.php), else
 * ispmodules-settings.php in the folder above the WHMCS root.
 *
 * Runs on PHP 7.2 to 8.4. Does nothing when it is included.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/patience.php';

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
    return dirname(ispmanagermodules_root()) . '/ispmodules-settings.php';
}

/**
 * The WHMCS root.
 *
 * @return string
 */
function ispmanagermodules_root()
{
    return defined('ROOTDIR') ? (string) constant('ROOTDIR') : dirname(__DIR__, 4);
}

/**
 * The checked settings.
 *
 * @return array{url: string, key: string} the bridge's address without a slash at its end, and the raw signing key
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
    return ['url' => rtrim($url, '/'), 'key' => $key];
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
 * One signed call: a POST of the body as JSON, with the time added to it.
 *
 * After a call that got no answer, or HTTP 500 and above, further calls fail at once: within this PHP request always, in
 * other requests for 30 s, unless 'is_urgent' asks again. A call without 'has_own_time' takes its time from what this PHP
 * request may wait in all. Where earlier calls have left less than a second, running out of it is no failure of the bridge.
 *
 * @param string $path below the settings' url, e.g. /webhooks/whmcs
 * @param array $body
 * @param array $options 'timeout_ms' (default 3000, connecting 1000 at most), 'is_urgent', 'has_own_time' (default false)
 * @return array{status: int, body: string} whatever was answered below HTTP 500; at most 256 KiB
 * @throws RuntimeException with a message that is safe to log
 */
function ispmanagermodules_call($path, array $body, array $options = [])
{
    static $hasFailed = false;

    $settings = ispmanagermodules_settings();
    $options += ['timeout_ms' => 3000, 'is_urgent' => false, 'has_own_time' => false];
    if ($hasFailed || (!$options['is_urgent'] && ispmanagermodules_is_resting())) {
        throw new RuntimeException('the bridge did not answer a moment ago');
    }
    if (!$options['has_own_time'] && !ispmanagermodules_has_patience()) {
        throw new RuntimeException('no time was left to ask the bridge');
    }
    $timeoutMs = $options['has_own_time'] ? $options['timeout_ms'] : min($options['timeout_ms'], ispmanagermodules_patience());
    $begin = microtime(true);
    try {
        $answer = ispmanagermodules_post($settings, $path, $body, $timeoutMs);
    } catch (RuntimeException $problem) {
        if ($timeoutMs < ISPMANAGERMODULES_PATIENCE_MS && $problem->getCode() === CURLE_OPERATION_TIMEDOUT) {
            ispmanagermodules_patience($options['has_own_time'] ? 0 : $timeoutMs);
            throw new RuntimeException('no answer from the bridge in the time that was left');
        }
        $hasFailed = true;
        ispmanagermodules_rest();
        throw $problem;
    }
    if (!$options['has_own_time']) {
        ispmanagermodules_patience((int) ceil((microtime(true) - $begin) * 1000));
    }
    return $answer;
}

/**
 * @param array $settings see ispmanagermodules_settings()
 * @param string $path
 * @param array $fields
 * @param int $timeoutMs
 * @return array{status: int, body: string}
 * @throws RuntimeException with a message that is safe to log, and curl's error as its code
 */
function ispmanagermodules_post(array $settings, $path, array $fields, $timeoutMs)
{
    $id = 'msg_' . bin2hex(random_bytes(16));
    $timestamp = time();
    $body = json_encode($fields + ['timestamp' => gmdate('Y-m-d\TH:i:s\Z', $timestamp)]);
    $answer = '';
    $handle = curl_init();
    $isReady = curl_setopt_array($handle, [
        CURLOPT_URL => $settings['url'] . $path,
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => (string) $body,
        CURLOPT_HTTPHEADER => [
            'Content-Type: application/json',
            'Expect:',
            'webhook-id: ' . $id,
            'webhook-timestamp: ' . $timestamp,
            'webhook-signature: ' . ispmanagermodules_sign($settings['key'], $id, $timestamp, (string) $body),
        ],
        CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
        CURLOPT_FOLLOWLOCATION => false,
        CURLOPT_SSL_VERIFYPEER => true,
        CURLOPT_SSL_VERIFYHOST => 2,
        CURLOPT_NOSIGNAL => true,
        CURLOPT_CONNECTTIMEOUT_MS => min(1000, $timeoutMs),
        CURLOPT_TIMEOUT_MS => $timeoutMs,
        CURLOPT_WRITEFUNCTION => function ($handle, $chunk) use (&$answer) {
            $answer .= $chunk;
            // Any other length than the chunk's ends the transfer.
            return strlen($answer) > 262144 ? 0 : strlen($chunk);
        },
    ]);
    if (!$isReady || curl_exec($handle) === false) {
        throw new RuntimeException('no answer from the bridge, curl error ' . curl_errno($handle), curl_errno($handle));
    }
    $status = (int) curl_getinfo($handle, CURLINFO_HTTP_CODE);
    if ($status >= 500) {
        throw new RuntimeException('the bridge answered HTTP ' . $status);
    }
    return ['status' => $status, 'body' => $answer];
}

/**
 * One line in WHMCS's activity log, without secrets or bodies.
 *
 * @param string $line
 * @return void
 */
function ispmanagermodules_log($line)
{
    try {
        if (function_exists('logActivity')) {
            logActivity('ispmodules: ' . $line);
        }
    } catch (Throwable $ignored) {
        // A log that fails must not stop a payment.
    }
}

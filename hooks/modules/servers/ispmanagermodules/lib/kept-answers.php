<?php
/**
 * Which price list do panels get while the bridge is away? The last one, for an hour: without any they hide their Buy
 * buttons.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/bridge.php';
require_once __DIR__ . '/values.php';

/** How old a kept price list may be, in seconds. */
const ISPMANAGERMODULES_KEPT_SECONDS = 3600;

/**
 * The name under which the answer to a question is kept; few questions differ in their answer.
 *
 * @param array<string, string> $asked
 * @return string|null null for what is not worth keeping
 */
function ispmanagermodules_kept_as(array $asked)
{
    $itemType = ispmanagermodules_value($asked, 'itemtype');
    if ($itemType !== null && $itemType !== 'addition') {
        return null;
    }
    $format = ispmanagermodules_value($asked, 'out') === 'json' ? 'json' : 'xml';
    return 'prices' . $format . (ispmanagermodules_value($asked, 'onlyavailable') === 'on' ? 'available' : '');
}

/**
 * Keeps an answer for others to read only whole: the file changes its name when it is written.
 *
 * @param string $name
 * @param array $answer
 * @return void
 */
function ispmanagermodules_keep_answer($name, array $answer)
{
    $file = ispmanagermodules_state_file($name);
    $ageSeconds = ispmanagermodules_age($file);
    if ($ageSeconds !== null && $ageSeconds < 5) {
        return;
    }
    $draft = @tempnam(dirname($file), 'ispmodules');
    if ($draft === false) {
        return;
    }
    $content = json_encode($answer);
    if ($content === false || @file_put_contents($draft, $content) !== strlen($content) || !@rename($draft, $file)) {
        @unlink($draft);
    }
}

/**
 * @param string $name
 * @return array{status: int, headers: array<string, string>, body: string}|null
 */
function ispmanagermodules_kept_answer($name)
{
    $file = ispmanagermodules_state_file($name);
    $ageSeconds = ispmanagermodules_age($file);
    $isUsable = $ageSeconds !== null && $ageSeconds <= ISPMANAGERMODULES_KEPT_SECONDS;
    $kept = $isUsable ? json_decode((string) @file_get_contents($file), true) : null;
    if (!isset($kept['headers'], $kept['body'])) {
        return null;
    }
    $headers = ['warning' => '110 - "Response is Stale"'] + $kept['headers'];
    unset($headers['etag']);
    return ['status' => 200, 'headers' => $headers, 'body' => $kept['body']];
}

<?php
/**
 * What does a panel get that asks WHMCS's own front page, where no proxy leads its requests to the bridge? The bridge's
 * answer: the price list, kept for an hour for the time when the bridge is away, or the way into the cart.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/bridge.php';
require_once __DIR__ . '/kept-answers.php';
require_once __DIR__ . '/values.php';

/** How long the bridge may take, in milliseconds. */
const ISPMANAGERMODULES_FRONT_PAGE_PATIENCE_MS = 1000;

/** The parameters that go on to the bridge, by the one that calls for them; a password in the query is none of them. */
const ISPMANAGERMODULES_PARAMETERS = [
    'func' => ['func', 'itemtype', 'onlyavailable', 'out'],
    'module' => ['module', 'license', 'ip', 'module_id'],
];

/** Under which name a failure is kept: what any visitor can bring about must not keep events from the bridge. */
const ISPMANAGERMODULES_FRONT_PAGE_REST = 'frontrest';

/** The headers of an answer of the bridge that go on to the panel or browser. */
const ISPMANAGERMODULES_ANSWER_HEADERS = [
    'content-type', 'etag', 'cache-control', 'warning', 'retry-after', 'location', 'content-security-policy',
    'referrer-policy', 'x-content-type-options', 'vary',
];

/** Where below WHMCS's address panels and customers ask; everything else that reaches index.php is a page of WHMCS. */
const ISPMANAGERMODULES_FRONT_PATHS = ['', '/', '/index.php', '/billmgr', '/manager/billmgr'];

/** Where Buy may lead. */
const ISPMANAGERMODULES_CART_LINK = '~^https?://[^\s/?#@]+(?:/[^\s?#]*)?/cart\.php\?(?:a=add&pid=[0-9]+|gid=addons(?:&|\z))~';

/**
 * Answers and ends the request when the front page was asked for the price list or for Buy; else does nothing.
 *
 * @return void
 */
function ispmanagermodules_front_page()
{
    $asked = ispmanagermodules_asked_of_front_page($_POST + $_GET, $_SERVER);
    if ($asked === null) {
        return;
    }
    $answer = ispmanagermodules_front_page_answer($asked);
    while (ob_get_level() > 0 && ob_end_clean());
    // A session's cookie and its caching rules have no place in an answer that is made for everybody.
    header_remove();
    http_response_code($answer['status']);
    foreach ($answer['headers'] as $name => $value) {
        header($name . ': ' . $value);
    }
    if (ispmanagermodules_value($_SERVER, 'REQUEST_METHOD') !== 'HEAD') {
        echo $answer['body'];
    }
    exit;
}

/**
 * What of the request goes on to the bridge; null when the page is WHMCS's own business.
 *
 * @param array $parameters of the query and of a form, the form's first
 * @param array $server
 * @return array<string, string>|null
 */
function ispmanagermodules_asked_of_front_page(array $parameters, array $server)
{
    $isOurOwn = isset($server['HTTP_X_ISPMODULES_FRONT_PAGE']);
    if (!ispmanagermodules_is_front_page($server) || $isOurOwn || isset($parameters['m']) || isset($parameters['rp'])) {
        return null;
    }
    $isPriceList = ispmanagermodules_value($parameters, 'func') === 'pricelist.export';
    if (!$isPriceList && !(isset($parameters['module']) || isset($parameters['module_id']))) {
        return null;
    }
    $names = ISPMANAGERMODULES_PARAMETERS[$isPriceList ? 'func' : 'module'];
    $asked = array_filter(array_intersect_key($parameters, array_flip($names)), 'is_string');
    // A value of more than 255 bytes is no panel's, and the bridge would not even read a very long one.
    return preg_grep('/^.{256}/s', $asked) === [] ? $asked : null;
}

/**
 * Whether it was the front page that was asked for: a server that rewrites addresses leads most pages of WHMCS to its script.
 *
 * @param array $server
 * @return bool
 */
function ispmanagermodules_is_front_page(array $server)
{
    $script = (string) ispmanagermodules_value($server, 'SCRIPT_NAME');
    $path = rawurldecode(explode('?', (string) ispmanagermodules_value($server, 'REQUEST_URI'), 2)[0]);
    $base = (string) substr($script, 0, -strlen('/index.php'));
    return basename($script) === 'index.php' && strncmp($path, $base, strlen($base)) === 0
        && in_array((string) substr($path, strlen($base)), ISPMANAGERMODULES_FRONT_PATHS, true);
}

/**
 * The bridge's answer; while there is none, the kept price list or a word that it is away.
 *
 * @param array<string, string> $asked
 * @return array{status: int, headers: array<string, string>, body: string}
 */
function ispmanagermodules_front_page_answer(array $asked)
{
    $keptAs = isset($asked['func']) ? ispmanagermodules_kept_as($asked) : null;
    $isResting = ispmanagermodules_is_resting() || ispmanagermodules_is_resting(ISPMANAGERMODULES_FRONT_PAGE_REST);
    try {
        $answer = $isResting ? null : ispmanagermodules_get($asked);
    } catch (Throwable $problem) {
        $answer = null;
    }
    if ($answer !== null && $answer['status'] < 500) {
        if ($keptAs !== null && $answer['status'] === 200) {
            ispmanagermodules_keep_answer($keptAs, $answer);
        }
        return $answer;
    }
    $kept = $keptAs === null ? null : ispmanagermodules_kept_answer($keptAs);
    return $kept !== null ? $kept : ispmanagermodules_away_answer($asked);
}

/**
 * @param array<string, string> $asked
 * @return array{status: int, headers: array<string, string>, body: string}
 */
function ispmanagermodules_away_answer(array $asked)
{
    $headers = ['cache-control' => 'no-store', 'retry-after' => '30', 'x-content-type-options' => 'nosniff'];
    if (isset($asked['func'])) {
        $isJson = ispmanagermodules_value($asked, 'out') === 'json';
        return ['status' => 503, 'headers' => $headers + [
            'content-type' => $isJson ? 'application/json; charset=utf-8' : 'application/xml; charset=utf-8',
        ], 'body' => $isJson
            ? '{"error":{"$type":"unavailable","$object":"pricelist","$lang":"en","msg":{"$":"The price list cannot be read now"}}}'
            : '<?xml version="1.0" encoding="UTF-8"?>' . "\n" . '<doc><error type="unavailable" object="pricelist" lang="en">'
                . '<msg>The price list cannot be read now</msg></error></doc>',
        ];
    }
    return ['status' => 503, 'headers' => $headers + ['content-type' => 'text/html; charset=utf-8'], 'body' =>
        '<!doctype html><html><head><meta charset="utf-8"><title>Please try again</title></head><body>'
        . '<p lang="en">The shop cannot be reached right now. Nothing was ordered. Please try again in a minute.</p>'
        . '<p lang="ru">Магазин сейчас недоступен. Ничего не заказано. Попробуйте ещё раз через минуту.</p></body></html>',
    ];
}

/**
 * Asks the bridge as the panel or browser asked us.
 *
 * @param array<string, string> $asked
 * @return array{status: int, headers: array<string, string>, body: string}
 * @throws RuntimeException when there was no answer, or one that is not the bridge's
 */
function ispmanagermodules_get(array $asked)
{
    $headers = [];
    $body = '';
    $handle = curl_init();
    $isReady = curl_setopt_array($handle, [
        CURLOPT_URL => ispmanagermodules_settings()['url'] . '/?' . http_build_query($asked),
        CURLOPT_HTTPHEADER => ispmanagermodules_passed_headers($_SERVER),
        CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
        CURLOPT_FOLLOWLOCATION => false,
        CURLOPT_SSL_VERIFYPEER => true,
        CURLOPT_SSL_VERIFYHOST => 2,
        CURLOPT_NOSIGNAL => true,
        CURLOPT_CONNECTTIMEOUT_MS => ISPMANAGERMODULES_FRONT_PAGE_PATIENCE_MS,
        CURLOPT_TIMEOUT_MS => ISPMANAGERMODULES_FRONT_PAGE_PATIENCE_MS,
        CURLOPT_HEADERFUNCTION => function ($handle, $line) use (&$headers) {
            $parts = explode(':', $line, 2);
            $name = strtolower(trim($parts[0]));
            if (isset($parts[1]) && in_array($name, ISPMANAGERMODULES_ANSWER_HEADERS, true)) {
                $headers[$name] = trim($parts[1]);
            }
            return strlen($line);
        },
        CURLOPT_WRITEFUNCTION => function ($handle, $chunk) use (&$body) {
            $body .= $chunk;
            // Any other length than the chunk's ends the transfer.
            return strlen($body) > 4194304 ? 0 : strlen($chunk);
        },
    ]);
    if (!$isReady || curl_exec($handle) === false) {
        ispmanagermodules_rest(ISPMANAGERMODULES_FRONT_PAGE_REST);
        throw new RuntimeException('no answer from the bridge, curl error ' . curl_errno($handle));
    }
    $status = (int) curl_getinfo($handle, CURLINFO_HTTP_CODE);
    $leadsAway = isset($headers['location']) && !preg_match(ISPMANAGERMODULES_CART_LINK, $headers['location']);
    // What answers the price list with a page is not the bridge.
    $isPage = strpos((string) ispmanagermodules_value($headers, 'content-type'), 'text/html') === 0;
    if ($leadsAway || ($isPage && isset($asked['func'])) || !in_array($status, [200, 302, 304, 404, 422, 503], true)) {
        throw new RuntimeException('the bridge answered HTTP ' . $status);
    }
    return ['status' => $status, 'headers' => $headers, 'body' => $body];
}

/**
 * What of the request's headers the bridge needs: the language of a page, and which price list the panel has already.
 *
 * @param array $server
 * @return string[]
 */
function ispmanagermodules_passed_headers(array $server)
{
    // A bridge whose address is this very page would ask itself for ever.
    $passed = ['x-ispmodules-front-page: 1'];
    foreach (['accept-language' => 'HTTP_ACCEPT_LANGUAGE', 'if-none-match' => 'HTTP_IF_NONE_MATCH'] as $name => $key) {
        $value = ispmanagermodules_value($server, $key);
        if (is_string($value) && preg_match('/^[\x20-\x7e]{1,200}\z/', $value)) {
            $passed[] = $name . ': ' . $value;
        }
    }
    return $passed;
}

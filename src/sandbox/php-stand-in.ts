// What does a WHMCS offer to hook files and modules? The part of its surface that ours use, as PHP text: compiled output carries no .php files.

/**
 * Loads configuration.php and the hook file in WHMCS's order, runs the steps given on stdin as JSON, and leaves
 * `report.json` beside itself. Input: see `PhpInput` in php.ts. What a page prints stays on stdout.
 */
export const whmcsStandIn = `<?php
define('WHMCS', true);
$input = json_decode(stream_get_contents(STDIN), true);
$root = $input['root'];
$hooks = [];
$report = ['activityLog' => [], 'moduleLog' => [], 'apiCalls' => [], 'points' => [], 'results' => [], 'elapsedMs' => 0];

register_shutdown_function(function () {
    file_put_contents(__DIR__ . '/report.json', json_encode($GLOBALS['report'], JSON_INVALID_UTF8_SUBSTITUTE));
});

function add_hook($point, $priority, $function)
{
    $GLOBALS['hooks'][$point][] = $function;
    $GLOBALS['report']['points'][] = $point;
}

function whmcs_lacks($feature)
{
    return in_array($feature, $GLOBALS['input']['without'], true);
}

foreach ($input['request'] as $name => $values) {
    $GLOBALS['_' . strtoupper($name)] = $values + (isset($GLOBALS['_' . strtoupper($name)]) ? $GLOBALS['_' . strtoupper($name)] : []);
}
$_REQUEST = $_POST + $_GET;
if (!whmcs_lacks('ROOTDIR')) {
    define('ROOTDIR', $root);
}
require $root . '/configuration.php';
if (!whmcs_lacks('logActivity') && !function_exists('logActivity')) {
    function logActivity($description, $clientId = 0)
    {
        $GLOBALS['report']['activityLog'][] = $description;
    }
}

/** As documented: whatever replaceVars lists is masked in all texts before they are stored. */
function logModuleCall($module, $action, $request, $response = '', $processed = '', $replaceVars = [])
{
    $texts = array_map(function ($value) {
        return is_string($value) ? $value : print_r($value, true);
    }, [$request, $response, $processed]);
    $masks = array_filter($replaceVars, 'strlen');
    foreach ($texts as &$text) {
        foreach ($masks as $mask) {
            $text = str_replace($mask, str_repeat('*', strlen($mask)), $text);
        }
    }
    $GLOBALS['report']['moduleLog'][] = ['module' => $module, 'action' => $action, 'request' => $texts[0], 'response' => $texts[1], 'processed' => $texts[2]];
}

function localAPI($command, $values = [], $adminUser = '')
{
    $GLOBALS['report']['apiCalls'][] = ['action' => $command, 'parameters' => $values];
    $answers = $GLOBALS['input']['localApi'];
    return isset($answers[$command]) ? $answers[$command] : ['result' => 'error', 'message' => 'Command Not Found'];
}

/** Texts of WHMCS itself; ours are our own. */
class Lang
{
    public static function trans($key)
    {
        return $key;
    }

    public static function getLocale()
    {
        return isset($GLOBALS['input']['language']) ? $GLOBALS['input']['language'] : 'english';
    }
}

if ($input['database'] !== null) {
    require __DIR__ . '/database.php';
    require __DIR__ . '/services.php';
}
require $root . '/includes/hooks/ispmanagermodules.php';

$begin = microtime(true);
foreach ($input['steps'] as $step) {
    $stepBegin = microtime(true);
    if (isset($step['point'])) {
        $returned = [];
        foreach (isset($hooks[$step['point']]) ? $hooks[$step['point']] : [] as $function) {
            $returned[] = call_user_func($function, $step['vars']);
        }
    } else {
        require_once $root . '/modules/servers/ispmanagermodules/ispmanagermodules.php';
        $function = 'ispmanagermodules_' . $step['function'];
        $arguments = isset($step['serviceId']) ? [whmcs_params($step['serviceId']) + $step['params']] : [$step['params']];
        // The only function that WHMCS calls without params.
        $returned = call_user_func_array($function, $step['function'] === 'ConfigOptions' ? [] : $arguments);
    }
    $report['results'][] = ['returned' => $returned, 'elapsedMs' => (int) round((microtime(true) - $stepBegin) * 1000)];
}
$report['elapsedMs'] = (int) round((microtime(true) - $begin) * 1000);
`;

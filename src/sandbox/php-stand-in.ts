// What does a WHMCS offer to a hook file? The part of its surface that ours uses, as PHP text: compiled output carries no .php files.

/**
 * Loads configuration.php and the hook file in WHMCS's order, runs the calls given on stdin as JSON
 * (`{calls: [{point, vars}], without: ["ROOTDIR" | "logActivity"]}`), and leaves `report.json` beside itself.
 */
export const hookStandIn = `<?php
define('WHMCS', true);
$input = json_decode(stream_get_contents(STDIN), true);
$root = __DIR__ . '/whmcs';
$hooks = [];
$report = ['activityLog' => [], 'points' => [], 'elapsedMs' => 0];

register_shutdown_function(function () {
    file_put_contents(__DIR__ . '/report.json', json_encode($GLOBALS['report'], JSON_INVALID_UTF8_SUBSTITUTE));
});

function add_hook($point, $priority, $function)
{
    $GLOBALS['hooks'][$point][] = $function;
    $GLOBALS['report']['points'][] = $point;
}

if (!in_array('ROOTDIR', $input['without'], true)) {
    define('ROOTDIR', $root);
}
require $root . '/configuration.php';
if (!in_array('logActivity', $input['without'], true) && !function_exists('logActivity')) {
    function logActivity($description)
    {
        $GLOBALS['report']['activityLog'][] = $description;
    }
}
require $root . '/includes/hooks/ispmanagermodules.php';

$begin = microtime(true);
foreach ($input['calls'] as $call) {
    foreach (isset($hooks[$call['point']]) ? $hooks[$call['point']] : [] as $function) {
        call_user_func($function, $call['vars']);
    }
}
$report['elapsedMs'] = (int) round((microtime(true) - $begin) * 1000);
`;

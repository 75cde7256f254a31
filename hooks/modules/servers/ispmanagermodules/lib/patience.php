<?php
/**
 * How long may WHMCS wait for the bridge? A customer's page, a payment or a cron run waits one second for all calls together,
 * and after a failure not at all for half a minute. Staff and programs wait for each call by itself.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/kept-files.php';

/** How long all slow calls of one PHP request may take together, in milliseconds. */
const ISPMANAGERMODULES_PATIENCE_MS = 1000;

/** When less of it is left nothing more is sent: hardly an answer would come in time. */
const ISPMANAGERMODULES_LEAST_MS = 250;

/** A call that is answered within this time is not slow: a cron run may pay a thousand invoices. */
const ISPMANAGERMODULES_FAST_MS = 20;

/**
 * What this PHP request may still wait, once a call that took so long is counted.
 *
 * @param int $tookMs
 * @return int milliseconds
 */
function ispmanagermodules_patience($tookMs = 0)
{
    static $leftMs = ISPMANAGERMODULES_PATIENCE_MS;

    $leftMs -= $tookMs > ISPMANAGERMODULES_FAST_MS ? $tookMs : 0;
    return $leftMs;
}

/**
 * Whether one more call fits into what this PHP request may wait. False means that a bridge was slow, not that it failed.
 *
 * @return bool
 */
function ispmanagermodules_has_patience()
{
    return ispmanagermodules_patience() >= ISPMANAGERMODULES_LEAST_MS;
}

/**
 * Whether staff or a program waits, and no customer: the pages of WHMCS's admin area define ADMINAREA, its API is one script.
 *
 * @return bool
 */
function ispmanagermodules_is_backstage()
{
    $script = isset($_SERVER['SCRIPT_FILENAME']) ? (string) $_SERVER['SCRIPT_FILENAME'] : '';
    return defined('ADMINAREA') || preg_match('~[/\\\\]includes[/\\\\]api\.php\z~', $script) === 1;
}

/**
 * Whether a call of any PHP request of this user has failed in the last 30 s.
 *
 * @param string $name under which the failure is kept, letters only
 * @return bool
 */
function ispmanagermodules_is_resting($name = 'rest')
{
    $ageSeconds = ispmanagermodules_age(ispmanagermodules_state_file($name));
    return $ageSeconds !== null && $ageSeconds < 30;
}

/**
 * Remembers a failure; where nothing can be written, every PHP request finds out by itself.
 *
 * @param string $name see ispmanagermodules_is_resting()
 * @return void
 */
function ispmanagermodules_rest($name = 'rest')
{
    ispmanagermodules_touch(ispmanagermodules_state_file($name));
}

<?php
/**
 * What do we keep on disk between two PHP requests, and which of it do we believe?
 *
 * Web server and cron may be different users: each has files of its own, and believes no other's.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/**
 * Path of a small file of ours that survives the PHP request: in WHMCS's templates_c, which only the web user writes, else
 * in the system's folder for temporary files, under a name that carries installation and user.
 *
 * @param string $name letters only
 * @return string
 */
function ispmanagermodules_state_file($name)
{
    $folder = ispmanagermodules_root() . '/templates_c';
    if (!@is_dir($folder) || !@is_writable($folder)) {
        $folder = sys_get_temp_dir();
    }
    $user = ispmanagermodules_user();
    $owner = ispmanagermodules_root() . ' ' . ($user === null ? get_current_user() : $user);
    return $folder . '/ispmodules-' . $name . '-' . substr(sha1($owner), 0, 16);
}

/**
 * The user as whom this process writes, who need not be the one whose files it runs.
 *
 * @return int|null null where the system does not say
 */
function ispmanagermodules_user()
{
    $user = function_exists('posix_geteuid') ? posix_geteuid() : @fileowner('/proc/self');
    return $user === false ? null : $user;
}

/**
 * Gives a file of ours the present time, for our user alone; nothing is done through a link.
 *
 * @param string $file see ispmanagermodules_state_file()
 * @return void
 */
function ispmanagermodules_touch($file)
{
    if (!@is_link($file) && @touch($file)) {
        @chmod($file, 0600);
    }
}

/**
 * How long ago a file of ours was written. In a folder that others may write to, a file of theirs is not believed.
 *
 * @param string $file see ispmanagermodules_state_file()
 * @return int|null seconds; null where there is none of ours
 */
function ispmanagermodules_age($file)
{
    clearstatcache(true, $file);
    if (!@is_file($file) || @is_link($file)) {
        return null;
    }
    $user = ispmanagermodules_user();
    $isOurs = $user === null ? dirname($file) !== sys_get_temp_dir() : @fileowner($file) === $user;
    $ageSeconds = time() - (int) @filemtime($file);
    return $isOurs && $ageSeconds >= 0 ? $ageSeconds : null;
}

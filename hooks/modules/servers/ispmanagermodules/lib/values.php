<?php
/**
 * What is in the values that WHMCS passes on? Each may be missing, or of another kind than documented.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/**
 * @param mixed $values
 * @param string $name
 * @return mixed null where there is no such value
 */
function ispmanagermodules_value($values, $name)
{
    return is_array($values) && isset($values[$name]) ? $values[$name] : null;
}

/**
 * @param mixed $value an id as a number or as digits
 * @return int|null
 */
function ispmanagermodules_id($value)
{
    if (!is_int($value) && !is_string($value)) {
        return null;
    }
    return preg_match('/^[1-9][0-9]{0,14}\z/', (string) $value) ? (int) $value : null;
}

/**
 * What may be logged of a problem: our own words, or the kind of anybody else's.
 *
 * @param Throwable $problem
 * @return string
 */
function ispmanagermodules_say_safely($problem)
{
    return get_class($problem) === 'RuntimeException' ? $problem->getMessage() : get_class($problem);
}

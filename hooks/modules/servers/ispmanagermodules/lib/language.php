<?php
/**
 * Which of our two languages does somebody read, and which can WHMCS's tables hold?
 */

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/**
 * The language of a customer: the one chosen in this session, else the one in the profile, else the shop's.
 *
 * @param int|null $clientId null for a visitor
 * @return string en or ru
 */
function ispmanagermodules_language($clientId)
{
    try {
        $chosen = isset($_SESSION['Language']) ? $_SESSION['Language'] : '';
        if (!is_string($chosen) || $chosen === '') {
            $chosen = $clientId === null ? '' : (string) Capsule::table('tblclients')->where('id', $clientId)->value('language');
        }
        return $chosen === '' ? ispmanagermodules_shop_language() : ispmanagermodules_our_language($chosen);
    } catch (Throwable $unknown) {
        return 'en';
    }
}

/**
 * @return string en or ru
 * @throws Throwable whatever the database throws
 */
function ispmanagermodules_shop_language()
{
    $language = Capsule::table('tblconfiguration')->where('setting', 'Language')->value('value');
    return ispmanagermodules_our_language((string) $language);
}

/**
 * @param string $name as WHMCS names its language files, e.g. russian
 * @return string en or ru
 */
function ispmanagermodules_our_language($name)
{
    return stripos($name, 'ru') === 0 ? 'ru' : 'en';
}

/**
 * Whether these columns can hold Cyrillic letters: tables of long ago are often in latin1, where each becomes a question mark.
 *
 * @param string $table
 * @param string[] $columns
 * @return bool
 * @throws Throwable whatever the database throws
 */
function ispmanagermodules_holds_russian($table, array $columns)
{
    $count = Capsule::connection()->getPdo()->prepare('SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()'
        . " AND table_name = ? AND FIND_IN_SET(column_name, ?) AND character_set_name LIKE 'utf8%'");
    $count->execute([$table, implode(',', $columns)]);
    return (int) $count->fetchColumn() === count($columns);
}

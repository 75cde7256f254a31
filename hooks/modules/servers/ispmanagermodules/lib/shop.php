<?php
/**
 * What do WHMCS's own tables say about our products? Reads only, and one query for each question.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/**
 * What a custom field of this name means to us: only what stands before | counts, and case, spaces, _, - and dots do not.
 *
 * @param string $name tblcustomfields.fieldname
 * @return string|null licence or ip
 */
function ispmanagermodules_field_role($name)
{
    $folded = (string) preg_replace('/[\s_.-]+/u', '', explode('|', (string) $name)[0]);
    if (preg_match('/^(?:licen[cs]e(?:id)?|ispmanagerlicense|idлицензии|лицензия)\z/iu', $folded)) {
        return 'licence';
    }
    return preg_match('/^(?:serverip|ip|ipaddress|ipсервера)\z/iu', $folded) ? 'ip' : null;
}

<?php
/**
 * The two e-mails to customers, in English and Russian: their templates, and what is filled in when one is sent.
 */

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/fields.php';
require_once __DIR__ . '/language.php';

/** Names of the templates: WHMCS and the bridge send them by these. */
const ISPMANAGERMODULES_MAIL_READY = 'ispmanager module ready';
const ISPMANAGERMODULES_MAIL_BEING_ACTIVATED = 'ispmanager module being activated';

/**
 * Creates what is missing. The template without a language is what every customer gets whose language has none, so it is
 * in the shop's own. Where the table cannot hold Russian there is only an English one.
 *
 * @return void
 */
function ispmanagermodules_create_mails()
{
    $languages = ['' => 'en'];
    if (ispmanagermodules_holds_russian('tblemailtemplates', ['subject', 'message'])) {
        $languages = ispmanagermodules_shop_language() === 'ru' ? ['' => 'ru', 'english' => 'en'] : ['' => 'en', 'russian' => 'ru'];
    }
    foreach (array_keys(ispmanagermodules_mail_texts('en')) as $name) {
        if (Capsule::table('tblemailtemplates')->where('name', $name)->exists()) {
            continue;
        }
        foreach ($languages as $language => $ours) {
            list($subject, $message) = ispmanagermodules_mail_texts($ours)[$name];
            ispmanagermodules_insert('tblemailtemplates', [
                'type' => 'product', 'name' => $name, 'subject' => $subject, 'message' => $message, 'language' => $language,
                'attachments' => '', 'fromname' => '', 'fromemail' => '', 'copyto' => '', 'blind_copy_to' => '',
                'disabled' => 0, 'custom' => 1, 'plaintext' => 0,
            ]);
        }
    }
}

/**
 * What the hook point EmailPreSend adds to our two e-mails. A template that lacks a value leaves its line out.
 *
 * @param string $point
 * @param mixed $vars 'messagename' and 'relid', the service
 * @return array<string, string>|null
 */
function ispmanagermodules_mail($point, $vars)
{
    $name = is_array($vars) && isset($vars['messagename']) ? $vars['messagename'] : '';
    $serviceId = is_array($vars) && isset($vars['relid']) ? (int) $vars['relid'] : 0;
    if (!in_array($name, [ISPMANAGERMODULES_MAIL_READY, ISPMANAGERMODULES_MAIL_BEING_ACTIVATED], true) || $serviceId < 1) {
        return null;
    }
    $fields = ispmanagermodules_service_fields($serviceId);
    return [
        'ispmanager_licence' => $fields['licence']['value'],
        'ispmanager_ip' => $fields['ip']['value'],
        'ispmanager_paid_until' => $fields['paid_until']['value'],
    ];
}

/**
 * @param string $language en or ru
 * @return array<string, array{0: string, 1: string}> subject and HTML by template name
 */
function ispmanagermodules_mail_texts($language)
{
    $lines = '{if $ispmanager_licence}%1$s: {$ispmanager_licence}<br />{/if}{if $ispmanager_ip}%2$s: {$ispmanager_ip}<br />{/if}'
        . '{if $ispmanager_paid_until}%3$s: {$ispmanager_paid_until}<br />{/if}';
    $command = '<code>/usr/local/mgr5/sbin/licctl fetch ispmgr</code>';
    if ($language === 'ru') {
        $facts = '<p>Модуль: {$service_product_name}<br />' . sprintf($lines, 'Лицензия', 'IP-адрес', 'Оплачен до') . '</p>';
        return [
            ISPMANAGERMODULES_MAIL_READY => ['Модуль {$service_product_name} подключён', '<p>Здравствуйте, {$client_name}!</p>'
                . '<p>Модуль оплачен и подключён к вашей лицензии ispmanager.</p>' . $facts
                . '<p>Панель сама обновляет данные лицензии раз в сутки. Чтобы увидеть модуль сразу, нажмите в панели '
                . '«Управление лицензией» → «Обновить информацию о лицензии» или выполните на сервере команду '
                . $command . '</p><p>{$signature}</p>'],
            ISPMANAGERMODULES_MAIL_BEING_ACTIVATED => ['Модуль {$service_product_name} подключается', '<p>Здравствуйте, {$client_name}!</p>'
                . '<p>Ваша оплата получена, модуль ещё подключается. Ничего делать не нужно: мы напишем, когда он будет готов.</p>'
                . $facts . '<p>{$signature}</p>'],
        ];
    }
    $facts = '<p>Module: {$service_product_name}<br />' . sprintf($lines, 'Licence', 'IP address', 'Paid until') . '</p>';
    return [
        ISPMANAGERMODULES_MAIL_READY => ['{$service_product_name} is ready', '<p>Dear {$client_name},</p>'
            . '<p>The module is paid and belongs to your ispmanager licence now.</p>' . $facts
            . '<p>The panel refreshes its licence once a day. To see the module at once, press in the panel '
            . '<em>License management</em> &rarr; <em>Update license information</em>, or run on the server '
            . $command . '</p><p>{$signature}</p>'],
        ISPMANAGERMODULES_MAIL_BEING_ACTIVATED => ['{$service_product_name} is being activated', '<p>Dear {$client_name},</p>'
            . '<p>Your payment has arrived and the module is still being activated. There is nothing for you to do: we write again '
            . 'when it is ready.</p>' . $facts . '<p>{$signature}</p>'],
    ];
}

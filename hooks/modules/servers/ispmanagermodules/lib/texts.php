<?php
/**
 * The words of the customer's page, in English and Russian.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/**
 * @param string $language en or ru
 * @return array<string, string>
 */
function ispmanagermodules_page_texts($language)
{
    $texts = [
        'en' => [
            'title' => 'ispmanager module',
            'module' => 'Module',
            'licence' => 'Licence',
            'ip' => 'IP address',
            'paid_until' => 'Paid until',
            'state' => 'State',
            'unknown' => 'The state cannot be shown right now. Please reload the page in a minute.',
            'choose' => 'Choose the licence for this module',
            'choose_help' => 'The number of your ispmanager licence; the panel shows it in its licence information.',
            'choose_own' => 'Licences of your servers:',
            'save' => 'Save licence',
            'saved' => 'The licence is saved; the module is being ordered for it.',
            'bad_licence' => 'A licence is a number, for example 1234567.',
            'stale_form' => 'The page was too old. Please try again.',
            'not_now' => 'The licence cannot be checked right now. Please try again in a minute.',
            'refresh' => 'How to see the module in the panel at once',
            'refresh_panel' => 'The panel refreshes its licence once a day by itself. To do it now, press there: License management → Update license information.',
            'refresh_command' => 'Or run on the server:',
        ],
        'ru' => [
            'title' => 'Модуль ispmanager',
            'module' => 'Модуль',
            'licence' => 'Лицензия',
            'ip' => 'IP-адрес',
            'paid_until' => 'Оплачен до',
            'state' => 'Состояние',
            'unknown' => 'Сейчас состояние показать нельзя. Обновите страницу через минуту.',
            'choose' => 'Выберите лицензию для этого модуля',
            'choose_help' => 'Номер вашей лицензии ispmanager; панель показывает его в сведениях о лицензии.',
            'choose_own' => 'Лицензии ваших серверов:',
            'save' => 'Сохранить лицензию',
            'saved' => 'Лицензия сохранена, модуль заказывается для неё.',
            'bad_licence' => 'Лицензия — это число, например 1234567.',
            'stale_form' => 'Страница устарела. Попробуйте ещё раз.',
            'not_now' => 'Сейчас лицензию проверить нельзя. Попробуйте через минуту.',
            'refresh' => 'Как увидеть модуль в панели сразу',
            'refresh_panel' => 'Панель сама обновляет данные лицензии раз в сутки. Чтобы сделать это сейчас, нажмите в ней: «Управление лицензией» → «Обновить информацию о лицензии».',
            'refresh_command' => 'Или выполните на сервере:',
        ],
    ];
    return $texts[$language === 'ru' ? 'ru' : 'en'];
}

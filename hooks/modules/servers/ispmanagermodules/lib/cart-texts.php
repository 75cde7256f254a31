<?php
/**
 * What does a customer read when a module in the cart cannot be ordered, in English and Russian?
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/**
 * @param array $problem name of the text and the service it mentions, see ispmanagermodules_find_problem()
 * @param array $item the item of the cart
 * @param string $language en or ru
 * @return string HTML
 */
function ispmanagermodules_cart_text(array $problem, array $item, $language)
{
    $texts = [
        'en' => [
            'bad_licence' => '{name}: enter the number of your ispmanager licence, digits only. The panel shows it in the licence information.',
            'bad_ip' => '{name}: the IP address is not valid. Enter the address of the server, e.g. 192.0.2.10, or leave the field empty.',
            'twice' => '{name} is in the cart twice for licence {licence}. Remove one of them.',
            'owned' => 'You already have {name} for licence {licence}, or have ordered it: see service #{service}. Pay its invoice instead, or ask our support to cancel it.',
            'foreign' => '{name}: licence {licence} was not bought from us, so we cannot add modules to it. Check the number; if you got the licence just now, try again in a minute.',
            'unfit' => '{name} cannot be added to licence {licence}: it is not active, is for another server address, or is of another edition of ispmanager. Check number and address in the panel; if you changed the licence just now, try again in a minute, or ask our support.',
        ],
        'ru' => [
            'bad_licence' => '{name}: укажите номер вашей лицензии ispmanager, только цифры. Панель показывает его в сведениях о лицензии.',
            'bad_ip' => '{name}: IP-адрес указан неверно. Введите адрес сервера, например 192.0.2.10, или оставьте поле пустым.',
            'twice' => '{name} лежит в корзине дважды для лицензии {licence}. Уберите один из них.',
            'owned' => 'У вас уже есть или заказан {name} для лицензии {licence}: услуга #{service}. Оплатите её счёт или попросите поддержку отменить её.',
            'foreign' => '{name}: лицензия {licence} куплена не у нас, поэтому добавить к ней модуль нельзя. Проверьте номер; если лицензия получена только что, повторите через минуту.',
            'unfit' => '{name} нельзя добавить к лицензии {licence}: она не активна, относится к другому адресу сервера или к другой редакции ispmanager. Проверьте номер и адрес в панели; если лицензия изменена только что, повторите через минуту или обратитесь в поддержку.',
        ],
    ];
    list($name, $serviceId) = $problem;
    return strtr($texts[$language === 'ru' ? 'ru' : 'en'][$name], [
        '{name}' => htmlspecialchars($item['name'], ENT_QUOTES, 'UTF-8'),
        '{licence}' => htmlspecialchars((string) $item['licence'], ENT_QUOTES, 'UTF-8'),
        '{service}' => (int) $serviceId,
    ]);
}

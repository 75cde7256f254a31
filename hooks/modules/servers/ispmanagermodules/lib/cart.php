<?php
/**
 * What is wrong with the modules in a customer's cart? Asked when a product is configured and again at checkout.
 *
 * Whatever cannot be found out lets the customer go on: the bridge looks again before it buys.
 */

use WHMCS\Authentication\CurrentUser;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/bridge.php';
require_once __DIR__ . '/shop.php';
require_once __DIR__ . '/values.php';
require_once __DIR__ . '/cart-texts.php';
require_once __DIR__ . '/language.php';

/** A cart with more licences than this is not asked about further ones. */
const ISPMANAGERMODULES_ASKED_LICENCES = 5;

/**
 * @param string $point ShoppingCartValidateProductUpdate or ShoppingCartValidateCheckout
 * @param array $vars the request's variables
 * @return string[] one sentence of HTML for each problem; none lets the customer go on
 * @throws Throwable whatever the database throws
 */
function ispmanagermodules_cart($point, array $vars)
{
    $isCheckout = $point === 'ShoppingCartValidateCheckout';
    $entries = ispmanagermodules_cart_entries();
    $products = ispmanagermodules_find_products(array_values(array_unique(array_column($entries, 'product'))));
    $place = $isCheckout ? -1 : ispmanagermodules_configured($vars, $entries, $products);
    if (isset($entries[$place])) {
        $entries[$place]['fields'] = ispmanagermodules_typed($vars) + $entries[$place]['fields'];
    }
    $items = ispmanagermodules_cart_items($entries, $products);
    $checked = $isCheckout ? $items : array_intersect_key($items, [$place => true]);
    if ($checked === []) {
        return [];
    }
    $clientId = ispmanagermodules_client_id();
    $owned = ispmanagermodules_owned_by($clientId);
    $problems = [];
    foreach ($checked as $index => $item) {
        $others = array_filter($items, function ($place) use ($index, $isCheckout) {
            return $isCheckout ? $place < $index : $place !== $index;
        }, ARRAY_FILTER_USE_KEY);
        $problems[$index] = ispmanagermodules_find_problem($item, $others, $owned);
    }
    $problems = array_filter($problems);
    $problems += ispmanagermodules_find_unfit(array_diff_key($checked, $problems));
    ksort($problems);
    $language = ispmanagermodules_language($clientId);
    $sentences = [];
    foreach ($problems as $index => $problem) {
        $sentences[] = ispmanagermodules_cart_text($problem, $items[$index], $language);
    }
    return $sentences;
}

/**
 * What lies in the cart.
 *
 * @return array<int, array{product: int, fields: array}> by place in the cart
 */
function ispmanagermodules_cart_entries()
{
    $cart = ispmanagermodules_value(isset($_SESSION) ? $_SESSION : null, 'cart');
    $products = ispmanagermodules_value($cart, 'products');
    $entries = [];
    foreach (is_array($products) ? $products : [] as $index => $product) {
        $entries[(int) $index] = [
            'product' => (int) ispmanagermodules_id(ispmanagermodules_value($product, 'pid')),
            'fields' => (array) ispmanagermodules_value($product, 'customfields'),
        ];
    }
    return $entries;
}

/**
 * Which product of the cart is being configured? The hook's variables say it, or the request; or else only one has a field that
 * was typed into.
 *
 * @param array $vars the request's variables of the configuration step
 * @param array $entries see ispmanagermodules_cart_entries()
 * @param array $products see ispmanagermodules_find_products()
 * @return int place in the cart; -1 where nobody knows
 */
function ispmanagermodules_configured(array $vars, array $entries, array $products)
{
    foreach ([$vars, $_REQUEST] as $values) {
        $place = ispmanagermodules_value($values, 'i');
        if (is_scalar($place) && preg_match('/^[0-9]{1,4}\z/', (string) $place) && isset($entries[(int) $place])) {
            return (int) $place;
        }
    }
    $typed = array_keys(ispmanagermodules_typed($vars));
    $owners = array_keys(array_filter($entries, function ($entry) use ($products, $typed) {
        $product = ispmanagermodules_value($products, $entry['product']);
        return $product !== null && array_intersect([$product['licence'], $product['ip']], $typed) !== [];
    }));
    return count($owners) === 1 ? $owners[0] : -1;
}

/**
 * @param array $vars the request's variables of the configuration step
 * @return array what was typed into custom fields, by their ids
 */
function ispmanagermodules_typed(array $vars)
{
    $typed = ispmanagermodules_value($vars, 'customfield');
    return (array) ($typed === null ? ispmanagermodules_value($_REQUEST, 'customfield') : $typed);
}

/**
 * Our products among the entries of a cart. Licence and address are null where the order form has no such field, or the
 * cart says nothing of it: then nobody knows, and nobody is refused.
 *
 * @param array $entries see ispmanagermodules_cart_entries()
 * @param array $products see ispmanagermodules_find_products()
 * @return array<int, array{name: string, module: string, licence: string|null, ip: string|null}>
 */
function ispmanagermodules_cart_items(array $entries, array $products)
{
    $items = [];
    foreach ($entries as $index => $entry) {
        if (!isset($products[$entry['product']])) {
            continue;
        }
        $item = $products[$entry['product']];
        foreach (['licence', 'ip'] as $role) {
            $value = $item[$role] === null ? null : ispmanagermodules_value($entry['fields'], $item[$role]);
            $item[$role] = $value === null ? null : (is_scalar($value) ? trim((string) $value) : '');
        }
        $items[$index] = $item;
    }
    ksort($items);
    return $items;
}

/**
 * @param array $item
 * @param array $others items it must not repeat
 * @param array $owned see ispmanagermodules_find_owned()
 * @return array{0: string, 1: mixed}|null name of the text and what it mentions
 */
function ispmanagermodules_find_problem(array $item, array $others, array $owned)
{
    if ((string) $item['ip'] !== '' && filter_var($item['ip'], FILTER_VALIDATE_IP) === false) {
        return ['bad_ip', null];
    }
    if ($item['licence'] === null) {
        return null;
    }
    if (!preg_match('/^[1-9][0-9]{0,9}\z/', $item['licence'])) {
        return ['bad_licence', null];
    }
    foreach ($others as $other) {
        if ($other['module'] === $item['module'] && $other['licence'] === $item['licence']) {
            return ['twice', null];
        }
    }
    $key = $item['module'] . ' ' . $item['licence'];
    return isset($owned[$key]) ? ['owned', $owned[$key]] : null;
}

/**
 * @param int|null $clientId
 * @return array service id by "module licence", of services and addons; empty for a stranger, and without what cannot be found out
 */
function ispmanagermodules_owned_by($clientId)
{
    $finders = ['services' => 'ispmanagermodules_find_owned', 'addons' => 'ispmanagermodules_find_owned_addons'];
    $owned = [];
    foreach ($clientId === null ? [] : $finders as $what => $find) {
        try {
            $owned += call_user_func($find, $clientId);
        } catch (Throwable $problem) {
            ispmanagermodules_log('the ' . $what . ' of a client were not checked: ' . ispmanagermodules_say_safely($problem) . '.');
            break;
        }
    }
    return $owned;
}

/**
 * Asks the bridge, within what this page may wait, which licences are certainly not in the provider's account, and for which
 * the module could not work on it.
 *
 * @param array $items items without another problem
 * @return array problems by place in the cart; none when the bridge cannot be asked
 */
function ispmanagermodules_find_unfit(array $items)
{
    $licences = array_unique(array_filter(array_column($items, 'licence')));
    $problems = [];
    try {
        foreach (array_slice($licences, 0, ISPMANAGERMODULES_ASKED_LICENCES) as $licence) {
            if (!ispmanagermodules_has_patience() || ispmanagermodules_is_resting()) {
                break;
            }
            $problems += ispmanagermodules_judge_licence($licence, array_filter($items, function ($item) use ($licence) {
                return $item['licence'] === $licence;
            }));
        }
    } catch (Throwable $problem) {
        ispmanagermodules_log('the licences of a cart were not checked: ' . ispmanagermodules_say_safely($problem) . '.');
    }
    return $problems;
}

/**
 * @param string $licence
 * @param array $items the items that are for it
 * @return array problems by place in the cart; none where nobody can say now
 * @throws RuntimeException with a message that is safe to log
 */
function ispmanagermodules_judge_licence($licence, array $items)
{
    $uses = array_map(function ($item) {
        return [
            'ip' => (string) $item['ip'] === '' ? null : $item['ip'],
            'tariff' => preg_match('/^[0-9]{1,10}\z/', $item['module']) ? $item['module'] : null,
        ];
    }, array_slice($items, 0, 50, true));
    $asked = ['action' => 'licences', 'licence' => $licence, 'uses' => array_values($uses), 'ips' => []];
    $answer = ispmanagermodules_call('/whmcs/licences', $asked);
    if ($answer['status'] !== 200) {
        throw new RuntimeException('the bridge answered HTTP ' . $answer['status']);
    }
    $said = json_decode($answer['body'], true);
    if (ispmanagermodules_value($said, 'known') === false) {
        return array_fill_keys(array_keys($items), ['foreign', null]);
    }
    $fits = ispmanagermodules_value($said, 'fits');
    $problems = [];
    foreach (array_keys($uses) as $place => $index) {
        if (ispmanagermodules_value($fits, $place) === false) {
            $problems[$index] = ['unfit', null];
        }
    }
    return $problems;
}

/**
 * The client who is buying; null for a stranger. WHMCS 8.0 and newer have a class for it
 * (developers.whmcs.com/advanced/authentication), older ones keep the id in the session. The request's variables are
 * whatever a visitor has typed.
 *
 * @return int|null
 */
function ispmanagermodules_client_id()
{
    try {
        $client = class_exists(CurrentUser::class) ? (new CurrentUser())->client() : null;
        if (is_object($client) && isset($client->id)) {
            return ispmanagermodules_id($client->id);
        }
    } catch (Throwable $unknown) {
        // The session may know.
    }
    return ispmanagermodules_id(ispmanagermodules_value(isset($_SESSION) ? $_SESSION : null, 'uid'));
}

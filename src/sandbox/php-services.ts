// What does WHMCS pass to the functions of a server module? The documented params of one service, as PHP text.

/** Defines `whmcs_params($serviceId)`, read from the database as WHMCS would. */
export const paramsStandIn = `<?php
use WHMCS\\Database\\Capsule;

function whmcs_params($serviceId)
{
    $service = Capsule::table('tblhosting')->where('id', $serviceId)->first();
    $product = Capsule::table('tblproducts')->where('id', $service->packageid)->first();
    $client = Capsule::table('tblclients')->where('id', $service->userid)->first();
    $params = [
        'accountid' => $service->id,
        'serviceid' => $service->id,
        'userid' => $service->userid,
        'pid' => $service->packageid,
        'serverid' => $service->server,
        'status' => $service->domainstatus,
        'domain' => $service->domain,
        'username' => $service->username,
        'password' => 'password-of-the-service',
        'producttype' => $product->type,
        'moduletype' => $product->servertype,
        'clientsdetails' => ['userid' => $client->id, 'email' => $client->email, 'firstname' => $client->firstname, 'language' => $client->language],
        'customfields' => whmcs_custom_fields($service),
        'configoptions' => [],
        'server' => false,
        'serverhostname' => null,
        'serverpassword' => 'password-of-the-server',
        'serveraccesshash' => '',
    ];
    for ($number = 1; $number <= 24; $number++) {
        $params['configoption' . $number] = $product->{'configoption' . $number};
    }
    return $params;
}

function whmcs_custom_fields($service)
{
    $values = [];
    foreach (Capsule::table('tblcustomfields')->where('type', 'product')->where('relid', $service->packageid)->orderBy('id')->get() as $field) {
        $values[trim(explode('|', $field->fieldname)[0])] = (string) Capsule::table('tblcustomfieldsvalues')
            ->where('fieldid', $field->id)->where('relid', $service->id)->orderBy('id', 'desc')->value('value');
    }
    return $values;
}
`;

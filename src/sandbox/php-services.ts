// What does WHMCS pass to the functions of a server module? The documented params of one service, as PHP text.

/** Defines `whmcs_params($serviceId)`, read from the database as WHMCS would, and service properties on its `model`. */
export const paramsStandIn = `<?php
use WHMCS\\Database\\Capsule;

/** Writes a custom field of the service's product by its name; a missing field is created for staff only. */
class WhmcsServiceProperties
{
    private $service;

    public function __construct($service)
    {
        $this->service = $service;
    }

    public function save(array $values)
    {
        foreach ($values as $name => $value) {
            $core = ['username' => 'username', 'domain' => 'domain', 'dedicated ip' => 'dedicatedip'];
            if (isset($core[strtolower($name)])) {
                Capsule::table('tblhosting')->where('id', $this->service->id)->update([$core[strtolower($name)] => $value]);
                continue;
            }
            $fieldId = $this->fieldId($name);
            $row = ['fieldid' => $fieldId, 'relid' => $this->service->id];
            if (Capsule::table('tblcustomfieldsvalues')->where($row)->exists()) {
                Capsule::table('tblcustomfieldsvalues')->where($row)->update(['value' => $value]);
            } else {
                Capsule::table('tblcustomfieldsvalues')->insert($row + ['value' => $value]);
            }
        }
    }

    public function get($name)
    {
        return (string) Capsule::table('tblcustomfieldsvalues')
            ->where('fieldid', $this->fieldId($name))->where('relid', $this->service->id)->orderBy('id', 'desc')->value('value');
    }

    private function fieldId($name)
    {
        $fields = Capsule::table('tblcustomfields')->where('type', 'product')->where('relid', $this->service->packageid)->get();
        foreach ($fields as $field) {
            if (strcasecmp(trim(explode('|', $field->fieldname)[0]), $name) === 0) {
                return $field->id;
            }
        }
        return Capsule::table('tblcustomfields')->insertGetId([
            'type' => 'product', 'relid' => $this->service->packageid, 'fieldname' => $name, 'fieldtype' => 'text', 'adminonly' => 'on',
        ]);
    }
}

class WhmcsServiceModel
{
    public $id;
    public $serviceProperties;

    public function __construct($service)
    {
        $this->id = $service->id;
        $this->serviceProperties = new WhmcsServiceProperties($service);
    }
}

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
    if (!whmcs_lacks('model')) {
        $params['model'] = new WhmcsServiceModel($service);
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

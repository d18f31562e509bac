<?php
// php php-soap-client.php wsdl|plain <bridge URL> <action> <api_key> [<auth_token>]
// Prints what the reply decodes to, a line for each value: key=value, key=nil or fault=<faultcode> <faultstring>. The
// keys of items have the list and their place in it in front: attributes.0.name.

[, $mode, $bridge, $action] = $argv;
$values = array_slice($argv, 4);
$endpoint = "$bridge/api/1.0/soap";

function show(iterable $values, string $place = ''): void
{
    foreach ($values as $key => $value) {
        if (isset($value->item)) {
            // A list of one comes without the array.
            $items = is_array($value->item) ? $value->item : [$value->item];
            foreach ($items as $index => $item) {
                show(get_object_vars($item), "$place$key.$index.");
            }
        } elseif ($value instanceof stdClass) {
            show(get_object_vars($value), $place);
        } else {
            echo $place, $key, '=', $value ?? 'nil', "\n";
        }
    }
}

try {
    if ($mode === 'wsdl') {
        $client = new SoapClient("$endpoint?wsdl", ['cache_wsdl' => WSDL_CACHE_NONE]);
        $parameters = $values;
    } else {
        $client = new SoapClient(null, ['location' => $endpoint, 'uri' => 'urn:boxnet']);
        $names = array_slice(['api_key', 'auth_token'], 0, count($values));
        $parameters = array_map(fn(string $value, string $name) => new SoapParam($value, $name), $values, $names);
    }
    $reply = $client->__soapCall($action, $parameters);
    // The only part of a reply comes without its name.
    show(is_array($reply) ? $reply : ['status' => $reply]);
} catch (SoapFault $fault) {
    echo "fault=$fault->faultcode $fault->faultstring\n";
}

<?php
// php php-soap-client.php wsdl|plain|literal 1.1|1.2 <bridge URL>
// Performs a call for each line of standard input, as test/interop/programs.ts says.

[, $mode, $version, $bridge] = $argv;
$endpoint = "$bridge/api/1.0/soap";
$options = ['soap_version' => $version === '1.2' ? SOAP_1_2 : SOAP_1_1, 'cache_wsdl' => WSDL_CACHE_NONE];
$client = match ($mode) {
    'wsdl' => new SoapClient("$endpoint?wsdl", $options),
    'literal' => new SoapClient("$endpoint?wsdl=literal", $options),
    'plain' => new SoapClient(null, $options + ['location' => $endpoint, 'uri' => 'urn:boxnet']),
};

/** What the WSDL calls the parameters of an action, in order. */
function names(SoapClient $client, string $action): array
{
    $signatures = preg_grep("/ $action\\(/", $client->__getFunctions());
    preg_match_all('/\$(\w+)/', strrchr(reset($signatures), '('), $matches);
    return $matches[1];
}

function call(SoapClient $client, string $mode, string $action, array $values): mixed
{
    $parameters = match ($mode) {
        'wsdl' => array_map(fn(string $name) => $values[$name] ?? null, names($client, $action)),
        'literal' => [$values],
        'plain' => array_map(fn(string $name) => new SoapParam($values[$name], $name), array_keys($values)),
    };
    return $client->__soapCall($action, $parameters);
}

function show(iterable|object $values, string $place = ''): void
{
    foreach ($values as $key => $value) {
        if (isset($value->item)) {
            // A list of one comes without the array.
            $items = is_array($value->item) ? $value->item : [$value->item];
            foreach ($items as $index => $item) {
                show($item, "$place$key.$index.");
            }
        } elseif ($value instanceof stdClass) {
            show($value, $place);
        } else {
            echo $place, $key, '=', $value ?? 'nil', "\n";
        }
    }
}

while (($line = fgets(STDIN)) !== false) {
    $words = explode("\t", rtrim($line, "\n"));
    $action = array_shift($words);
    $pairs = array_map(fn(string $word) => explode('=', $word, 2), $words);
    try {
        $reply = call($client, $mode, $action, array_column($pairs, 1, 0));
        // The only part of a reply comes without its name.
        show(is_string($reply) ? ['status' => $reply] : $reply);
    } catch (SoapFault $fault) {
        echo "fault=$fault->faultcode $fault->faultstring\n";
    }
    echo "\n";
}

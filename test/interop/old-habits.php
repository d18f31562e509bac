<?php
// php old-habits.php wsdl|positions|map|struct <bridge URL>
// Performs a call for each line of standard input, as test/interop/programs.ts says, and prints status and login alone.

[, $habit, $bridge] = $argv;
$endpoint = "$bridge/api/1.0/soap";
$client = $habit === 'wsdl'
    ? new SoapClient("$endpoint?wsdl", ['cache_wsdl' => WSDL_CACHE_NONE])
    : new SoapClient(null, ['location' => $endpoint, 'uri' => 'urn:boxnet']);

while (($line = fgets(STDIN)) !== false) {
    $words = explode("\t", rtrim($line, "\n"));
    $action = array_shift($words);
    $values = array_column(array_map(fn(string $word) => explode('=', $word, 2), $words), 1, 0);
    // What the old API calls params is a list.
    if (isset($values['params'])) {
        $values['params'] = [$values['params']];
    }
    $parameters = match ($habit) {
        'wsdl', 'positions' => array_values($values),
        'map' => [$values],
        'struct' => [(object) $values],
    };
    try {
        $reply = $client->__soapCall($action, $parameters);
        echo 'status=', is_string($reply) ? $reply : $reply['status'], "\n";
        if (isset($reply['user']->login)) {
            echo 'login=', $reply['user']->login, "\n";
        }
    } catch (SoapFault $fault) {
        echo "fault=$fault->faultcode $fault->faultstring\n";
    }
    echo "\n";
}

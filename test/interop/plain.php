<?php
// php plain.php get|form|xml <bridge URL>
// Performs a call for each line of standard input, as test/interop/programs.ts says, with PHP's streams and SimpleXML.

[, $mode, $bridge] = $argv;

function send(string $url, array $options = []): string
{
    // Without this a reply of another HTTP status than 200 is lost.
    $http = $options + ['ignore_errors' => true];
    return file_get_contents($url, false, stream_context_create(['http' => $http]));
}

function post(string $url, string $type, string $body): string
{
    return send($url, ['method' => 'POST', 'header' => "Content-Type: $type", 'content' => $body]);
}

function requestOf(array $values): string
{
    $request = new SimpleXMLElement('<request/>');
    foreach ($values as $name => $value) {
        $request->$name = $value;
    }
    return $request->asXML();
}

function show(SimpleXMLElement $values, string $place = ''): void
{
    foreach ($values->children() as $key => $value) {
        if (isset($value->item)) {
            $index = 0;
            foreach ($value->item as $item) {
                show($item, "$place$key." . $index++ . '.');
            }
        } elseif (count($value) > 0) {
            show($value, $place);
        } else {
            echo $place, $key, '=', $value, "\n";
        }
    }
}

while (($line = fgets(STDIN)) !== false) {
    $words = explode("\t", rtrim($line, "\n"));
    $values = ['action' => array_shift($words)];
    foreach ($words as $word) {
        [$name, $value] = explode('=', $word, 2);
        $values[$name] = $value;
    }
    $rest = "$bridge/api/1.0/rest";
    $reply = match ($mode) {
        'get' => send("$rest?" . http_build_query($values)),
        'form' => post($rest, 'application/x-www-form-urlencoded', http_build_query($values)),
        'xml' => post("$bridge/api/1.0/xml", 'text/xml', requestOf($values)),
    };
    show(new SimpleXMLElement($reply));
    echo "\n";
}

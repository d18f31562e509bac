<?php
// The afternoon's work in PHP: SoapServer in front of curl.
class Box
{
    public function get_account_info($apiKey, $authToken)
    {
        $curl = curl_init(getenv('UPSTREAM') . '/api2/account/info/');
        curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
        curl_setopt($curl, CURLOPT_HTTPHEADER, ["Authorization: Token $authToken", 'Accept: application/json']);
        $account = json_decode(curl_exec($curl), true);
        return [
            'status' => 'get_account_info_ok',
            'user' => [
                'login' => $account['contact_email'],
                'email' => $account['contact_email'],
                'access_id' => 1,
                'user_id' => 1,
                'space_amount' => $account['total'],
                'space_used' => $account['usage'],
                'max_upload_size' => 0,
            ],
        ];
    }
}

$server = new SoapServer(getenv('WSDL'), ['cache_wsdl' => WSDL_CACHE_BOTH]);
$server->setClass('Box');
$server->handle();

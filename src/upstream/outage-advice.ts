/** What to change where a modern API cannot be reached, by the code of the error. */
const advice: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'write a host into base_url that can be looked up here'],
  ['EAI_AGAIN', 'check the resolver of this machine'],
  ['ECONNREFUSED', 'nothing listens there: check host and port in base_url, and whether it runs'],
  ['EHOSTUNREACH', 'there is no way to that host: check the network, or name a proxy in HTTPS_PROXY'],
  ['ENETUNREACH', 'there is no way to that host: check the network, or name a proxy in HTTPS_PROXY'],
  ['ECONNRESET', 'the connection is cut: check http or https in base_url, and the firewall in between'],
  ['UND_ERR_SOCKET', 'the connection is cut: check http or https in base_url, and the firewall in between'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection in time: check the firewall in between, or name a proxy in HTTPS_PROXY'],
  ['ETIMEDOUT', 'no connection in time: check the firewall in between, or name a proxy in HTTPS_PROXY'],
  ['timeout', 'no reply in time: try later, or raise limits.upstream_timeout_ms'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'write its certificate into a file, and name that in ca_file'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'name the certificate of its authority in ca_file'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'name the certificate of its authority in ca_file'],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'name the certificate of its authority in ca_file, or let the API send its chain',
  ],
  ['CERT_HAS_EXPIRED', 'have its certificate renewed'],
  ['CERT_NOT_YET_VALID', 'set the clock of this machine'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'write a host into base_url that its certificate is for'],
  ['EPROTO', 'check http or https, and the port, in base_url'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'write http:// into base_url, or the port at which it speaks TLS'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'write http:// into base_url, or the port at which it speaks TLS'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'name client_cert_file and client_key_file: it asks who calls'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'name client_cert_file and client_key_file, if it asks who calls'],
  ['HPE_INVALID_CONSTANT', 'write https:// into base_url, or the port at which it speaks HTTP'],
  ['407', 'write the user and password that the proxy asks for into HTTP_PROXY and HTTPS_PROXY'],
  ['429', 'try later: it takes no more requests for now'],
  ['502', 'try later: a proxy in front of it does not reach it'],
  ['503', 'try later: it does not work now'],
  ['504', 'try later: a proxy in front of it has no reply from it'],
]);

/** As undici says that a proxy refuses a tunnel. */
const PROXY_REFUSAL = /Proxy response \((\d{3})\)/;

/**
 * What to change where a modern API does not answer as it should: by the code of the error, or the status of the reply, and the
 * message that came with it.
 */
export function adviceOn(outcome: number | string | undefined, message: string): string {
  const [, refusal] = PROXY_REFUSAL.exec(message) ?? [];
  if (refusal !== undefined)
    return advice.get(refusal) ?? 'check HTTPS_PROXY, and whether that proxy lets requests to this host through';
  return advice.get(String(outcome)) ?? 'check base_url';
}

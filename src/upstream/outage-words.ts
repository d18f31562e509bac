/** What an operator can do about a modern API that cannot be reached, by the code of the error. */
const words: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'no such host: is base_url right?'],
  ['EAI_AGAIN', 'the name of the host cannot be looked up now: does DNS work here?'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'a self-signed certificate: name it in ca_file'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'a certificate of an authority that is not known here: name that in ca_file'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'a certificate of an authority that is not known here: name that in ca_file'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'a certificate without its chain, or of an authority to be named in ca_file'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet: is the clock right?'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
  ['EPROTO', 'TLS failed: does it speak https at this port?'],
]);

/** The code of an error, with words for the log where they help. */
export function wordsFor(code: string): string {
  const found = words.get(code);
  return found === undefined ? code : `${found} (${code})`;
}

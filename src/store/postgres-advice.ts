/** What an operator can do about a PostgreSQL that cannot be used, by the code of the error. */
const advice: ReadonlyMap<string, string> = new Map([
  ['28P01', 'write the right password into the URL, its special characters percent-encoded, or into PGPASSWORD'],
  ['28000', 'let pg_hba.conf admit its user from here, with TLS if it asks for that (sslmode=require)'],
  ['3D000', 'make the database, or write the name of another into the URL'],
  ['42501', 'grant its user all on the schema and its tables'],
  ['25006', 'name the primary server: this one only reads'],
  ['53300', 'raise max_connections of the server, or stop what holds its connections'],
  ['57P03', 'wait until the server has started'],
  ['ENOTFOUND', 'write a host into the URL that can be looked up here'],
  ['EAI_AGAIN', 'check the resolver of this machine'],
  ['ECONNREFUSED', 'nothing listens there: check host and port of the URL, and whether the server runs'],
  ['ETIMEDOUT', 'no answer: check host and port of the URL, and the firewall in between'],
  ['EHOSTUNREACH', 'there is no way to that host: check the network'],
  ['ENETUNREACH', 'there is no way to that host: check the network'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'name its certificate in the URL: sslrootcert=FILE'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'name the certificate of its authority in the URL: sslrootcert=FILE'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'name the certificate of its authority in the URL: sslrootcert=FILE'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'name the certificate of its authority in the URL: sslrootcert=FILE'],
  ['CERT_HAS_EXPIRED', 'have the certificate of the server renewed'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'write a host into the URL that its certificate is for'],
]);

/** Undefined where the code, such as `28P01` or `ECONNREFUSED`, says nothing that helps. */
export const postgresAdvice = (code: string | undefined) => advice.get(code ?? '');

/** What to put into an old client. */
interface ClientAdvice {
  /** The stack and the languages that have it. */
  readonly client: string;
  /** What is entered where, or run. */
  readonly entry: string;
  readonly note: string;
}

/** An address of the bridge, and what is there. */
interface Address {
  readonly url: string;
  readonly what: string;
}

export function addressesAt(bridge: string): Address[] {
  return [
    { url: `${bridge}/api/1.0/rest`, what: 'REST: action= and the parameters in the query or in a form; XML replies' },
    { url: `${bridge}/api/1.0/xml`, what: 'XML: a POST of <request> with an element for each parameter' },
    { url: `${bridge}/api/1.0/soap`, what: 'SOAP 1.1 and 1.2, RPC/encoded and document/literal' },
    { url: `${bridge}/api/1.0/soap?wsdl`, what: 'the WSDL of RPC/encoded, as the old service had it' },
    {
      url: `${bridge}/api/1.0/soap?wsdl=literal`,
      what: 'the WSDL of document/literal, for JAX-WS, .NET and what is newer',
    },
    { url: `${bridge}/api/1.0/auth/TICKET`, what: 'the page where a user signs in, with the ticket of get_ticket' },
  ];
}

/** What the stacks of old programs are given. Paths without the version, such as /api/soap, lead to the same. */
export function adviceFor(bridge: string): ClientAdvice[] {
  const soap = `${bridge}/api/1.0/soap`;
  const wsdl = `${soap}?wsdl`;
  const literal = `${soap}?wsdl=literal`;
  const { hostname } = new URL(bridge);
  return [
    {
      client: 'A program whose host name alone can be changed',
      entry: `www.box.net → ${hostname}`,
      note: 'In its configuration, its hosts file or its DNS; the paths stay as they are.',
    },
    {
      client: 'PHP: SoapClient',
      entry: `new SoapClient('${wsdl}')`,
      note: 'Without a WSDL: location is the address of SOAP, uri is urn:boxnet.',
    },
    {
      client: 'Perl: SOAP::Lite',
      entry: `SOAP::Lite->service('${wsdl}')`,
      note: `Without a WSDL: ->proxy('${soap}')->uri('urn:boxnet').`,
    },
    {
      client: 'C and C++: gSOAP',
      entry: `wsdl2h -o box.h '${wsdl}' && soapcpp2 -C box.h`,
      note: 'An unknown number is left out of replies to gSOAP, whose old stubs refuse nil.',
    },
    {
      client: '.NET and Mono',
      entry: `wsdl '${literal}'`,
      note: 'Give its application reply_charset: US-ASCII. Stubs of ?wsdl read every answer without a list.',
    },
    {
      client: 'Java: Axis 1.4',
      entry: `java org.apache.axis.wsdl.WSDL2Java '${wsdl}'`,
      note: 'Also with attachments.',
    },
    { client: 'Java: JAX-WS', entry: `wsimport '${literal}'`, note: 'It has no RPC/encoded.' },
    { client: 'Python: suds, zeep', entry: `Client('${wsdl}')`, note: 'Both take ?wsdl=literal too.' },
    {
      client: 'curl and scripts',
      entry: `curl '${bridge}/api/1.0/rest?action=get_ticket&api_key=API_KEY'`,
      note: 'Or a form with -d, a multipart form with -F, or <request> at the address of XML.',
    },
  ];
}

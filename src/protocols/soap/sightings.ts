import type { Sighting } from '../../core/exchange.js';
import { sightCharset } from '../../shared/charset.js';
import type { XmlElement } from '../document/reader.js';
import type { LegacyRequest } from '../protocol.js';
import { type SoapVersion, soap12, versionOf } from './version.js';
import { LITERAL_NAMESPACE, TARGET_NAMESPACE } from './wsdl.js';

/** What a request of SOAP was read as, as far as it could be. */
interface ReadMessage {
  /** The envelope with its Content-Type: those of the request, or of the root part of one. */
  readonly message: Pick<LegacyRequest, 'body' | 'contentType'>;
  readonly version: SoapVersion;
  readonly envelope?: XmlElement | undefined;
  readonly operation?: XmlElement | undefined;
}

export function sightSoap({ message, version, envelope, operation }: ReadMessage): Sighting[] {
  const is12 = version === soap12;
  const byType = is12 ? 'its Content-Type is application/soap+xml' : 'neither Envelope nor Content-Type says another';
  const why = envelope && versionOf(envelope) ? 'its Envelope has that namespace' : byType;
  return [
    { what: 'dialect', is: `SOAP ${is12 ? '1.2' : '1.1'}`, why },
    ...(operation ? [styleOf(operation)] : []),
    sightCharset(message.body, message.contentType),
  ];
}

/** document/literal only where the operation has the namespace of the literal WSDL. */
function styleOf({ namespace }: XmlElement): Sighting {
  const what = 'dialect';
  if (namespace === LITERAL_NAMESPACE) {
    return { what, is: 'document/literal', why: `its operation is in ${LITERAL_NAMESPACE}, of ?wsdl=literal` };
  }
  // The namespace of a stranger may hold anything.
  const own = namespace === TARGET_NAMESPACE ? TARGET_NAMESPACE : 'another namespace';
  return { what, is: 'RPC/encoded', why: `its operation is in ${namespace === undefined ? 'no namespace' : own}` };
}

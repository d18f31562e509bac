import type { Protocol, ProtocolLimits } from './protocol.js';
import { rest } from './rest.js';
import { soap } from './soap/soap.js';
import type { Wsdl } from './soap/wsdl.js';
import { xml } from './xml.js';

/** The protocols that the bridge serves; the first one answers at a path that belongs to none. */
export function createProtocols(limits: ProtocolLimits, wsdl: Wsdl): readonly [Protocol, ...Protocol[]] {
  return [rest, xml(limits), soap(limits, wsdl)];
}

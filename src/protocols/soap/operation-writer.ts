import { type Answer, type Fields, isList, unknownNumber, type Value } from '../../core/answer.js';
import type { Reply } from '../document/reply.js';
import { createElementWriter, writeNode } from '../document/writer.js';
import type { SoapVersion } from './version.js';
import { type SoapPart, TARGET_PREFIX, type Wsdl } from './wsdl.js';

/** How an unknown number is written. */
export type UnknownNumberStyle = 'nil' | 'omit' | 'zero';

/** How the element of a part is named and marked. */
export interface PartStyle {
  readonly isLiteral: boolean;
  readonly nameOf: (part: SoapPart) => string;
  readonly attributesOf: (part: SoapPart) => Readonly<Record<string, string>>;
}

/** RPC/encoded: each element has its type. */
export const encodedStyle: PartStyle = {
  isLiteral: false,
  nameOf: ({ name }) => name,
  attributesOf: ({ type }) => ({ 'xsi:type': type.name }),
};

/** document/literal: each element is qualified, and typed by the schema alone. */
export const literalStyle: PartStyle = {
  isLiteral: true,
  nameOf: ({ name }) => `${TARGET_PREFIX}:${name}`,
  attributesOf: () => ({}),
};

/** Writes the `<action>Response` element of an answer at the end of a reply. */
export type OperationWriter = (answer: Answer, unknownNumbers: UnknownNumberStyle, reply: Reply) => void;

/**
 * The writers of the operations that the WSDL describes, each compiled when it is first needed; of any other known action,
 * the one of the status alone.
 */
export function createOperationWriters(
  wsdl: Pick<Wsdl, 'responseParts'>,
  style: PartStyle,
): (action: string, version: SoapVersion) => OperationWriter {
  const compiled = new Map<SoapVersion, Map<string, OperationWriter>>();
  return (action, version) => {
    const ofVersion = compiled.get(version) ?? new Map<string, OperationWriter>();
    compiled.set(version, ofVersion);
    const writer = ofVersion.get(action) ?? compileOperation(action, version, wsdl.responseParts(action), style);
    ofVersion.set(action, writer);
    return writer;
  };
}

const statusAlone: readonly SoapPart[] = [{ name: 'status', type: { name: 'xsd:string' } }];

function compileOperation(
  action: string,
  version: SoapVersion,
  parts: readonly SoapPart[] = statusAlone,
  style: PartStyle,
): OperationWriter {
  const hasEncodingStyle = !style.isLiteral && version.encodingStyleOn === 'operation';
  const attributes = hasEncodingStyle ? { 'SOAP-ENV:encodingStyle': version.encoding } : {};
  const { begin, end } = createElementWriter(`${TARGET_PREFIX}:${action}Response`, attributes);
  const writeParts = compileParts(parts, style);
  const writeFailure = compileFailure(parts, style);
  return ({ status, reason, result }, unknownNumbers, reply) => {
    const write = reason === undefined ? writeParts : writeFailure;
    const begun = begin(reply);
    write({ ...result, status }, unknownNumbers, reply);
    end(reply, begun);
  };
}

type FieldsWriter = (fields: Fields, unknownNumbers: UnknownNumberStyle, reply: Reply) => void;
type PartWriter = (value: Value, unknownNumbers: UnknownNumberStyle, reply: Reply) => void;

function compileParts(parts: readonly SoapPart[], style: PartStyle): FieldsWriter {
  const writers = parts.map((part) => ({ name: part.name, write: compilePart(part, style) }));
  return (fields, unknownNumbers, reply) => {
    for (const { name, write } of writers) write(fields[name] ?? null, unknownNumbers, reply);
  };
}

/**
 * The writer of a failure. It lacks most parts: as the old service sent them, a text is empty, and a record nil; the
 * message, which that had not, is nil.
 */
function compileFailure(parts: readonly SoapPart[], style: PartStyle): FieldsWriter {
  const writers = parts.map((part): FieldsWriter => {
    const { name, type } = part;
    const write = compilePart(part, style);
    const isText = !type.parts && !isNumber(part) && name !== 'message';
    const empty = isText ? createElementWriter(style.nameOf(part), style.attributesOf(part)).emptyText : undefined;
    const lacking = isNumber(part) ? unknownNumber : null;
    return (fields, unknownNumbers, reply) => {
      if (empty !== undefined && fields[name] === undefined) reply.add(empty);
      else write(fields[name] ?? lacking, unknownNumbers, reply);
    };
  });
  return (fields, unknownNumbers, reply) => {
    for (const write of writers) write(fields, unknownNumbers, reply);
  };
}

function isNumber({ type }: SoapPart): boolean {
  return type.name === 'xsd:int' || type.name === 'xsd:long';
}

/** The writer of a part; an unknown number that is omitted is an empty text. */
function compilePart(part: SoapPart, style: PartStyle): PartWriter {
  const name = style.nameOf(part);
  const attributes = style.attributesOf(part);
  const { text, begin, end } = createElementWriter(name, attributes);
  const nil = writeNode({ name, attributes: { ...attributes, 'xsi:nil': 'true' }, content: '' });
  const parts = part.type.parts ?? [];
  const writeFields = compileParts(parts, style);
  const writeItems = parts.map((each) => compilePart(each, style));
  return (value, unknownNumbers, reply) => {
    if (value === null || (value === unknownNumber && unknownNumbers === 'nil')) {
      reply.add(nil);
    } else if (value === unknownNumber) {
      if (unknownNumbers === 'zero') text('0', reply);
    } else if (typeof value !== 'object') {
      text(value.toString(), reply);
    } else {
      const begun = begin(reply);
      if (!isList(value)) writeFields(value, unknownNumbers, reply);
      else for (const item of value) for (const writeItem of writeItems) writeItem(item, unknownNumbers, reply);
      end(reply, begun);
    }
  };
}

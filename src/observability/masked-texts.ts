import type { Replace } from '../core/secrets.js';

/**
 * Texts of callers and of modern APIs with their secrets replaced. Of a caller's, what is shown is listed: every other
 * value is a secret, and so is what stands where no value should.
 */

/** Parameters whose values are shown. */
const shownParameters: ReadonlySet<string> = new Set(['email', 'language_code', 'name', 'user_id']);

/** Whether a text is like the names of the old API: without digits, but for a prefix of XML and an index. */
const isName = (text: string) => /^(?:[\w-]{1,12}:)?[a-z_.-]{1,40}(?:\[\d{0,3}\])?$/i.test(text);

/** Whether the value of a parameter is shown. */
const isShown = (name: string, value: string) =>
  name.toLowerCase() === 'action' ? isName(value) : shownParameters.has(name.toLowerCase());

/** Whether the name of a value tells that it is a secret. */
export const isSecretName = (name: string) => /auth|cookie|key|pass|pwd|secret|session|ticket|token/i.test(name);

/** A parameter, decoded. */
export function maskParameter(name: string, value: string, replace: Replace): string {
  return value === '' || isShown(name, value) ? value : replace(value);
}

export const maskName = (name: string, replace: Replace) => (isName(name) ? name : replace(name));

/** A query or a form, which stays encoded. */
export function maskPairs(encoded: string, replace: Replace): string {
  const masked = (text: string) => encodeURIComponent(replace(unescaped(text)));
  return encoded.replace(
    /([^&=]+)(=?)([^&]*)|=([^&]*)/g,
    (_pair, name = '', equals = '', value = '', nameless = '') => {
      if (name === '') return `=${nameless === '' ? '' : masked(nameless)}`;
      const shownName = isName(unescaped(name)) ? name : masked(name);
      const shown = value === '' || isShown(name, unescaped(value)) ? value : masked(value);
      return shownName + equals + shown;
    },
  );
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** A form in multipart/form-data. */
export function maskMultipart(form: string, replace: Replace): string {
  return form.replace(
    /(name="?([^"\r\n]*)"?[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n)([\s\S]*?)(?=\r?\n--|$)/gi,
    (_part, head: string, name: string, value: string) =>
      head.replace(name, maskName(name, replace)) + maskParameter(name, value, replace),
  );
}

/** Which parts of a document are shown. */
interface Shown {
  readonly name: (name: string) => boolean;
  readonly text: (element: string, text: string) => boolean;
}

const shownOfRequests: Shown = { name: isName, text: isShown };
const shownOfReplies: Shown = { name: () => true, text: (element) => !isSecretName(element) };

export const maskRequestDocument = (text: string, replace: Replace) => maskDocument(text, shownOfRequests, replace);
export const maskReplyDocument = (text: string, replace: Replace) => maskDocument(text, shownOfReplies, replace);

/** The parts of a document, which need not be well-formed. */
const PARTS =
  /<!\[CDATA\[(?<section>[\s\S]*?)(?:\]\]>|$)|<!--(?<comment>[\s\S]*?)(?:-->|$)|<!(?<type>[^>]*)>?|<\?(?<instruction>[\s\S]*?)(?:\?>|$)|<(?<slash>\/?)(?<name>[^\s/>]*)(?<rest>[^>]*)>?|(?<text>[^<]+)/g;

function maskDocument(document: string, shown: Shown, replace: Replace): string {
  // The local name of the element that has just begun.
  let element = '';
  const maskText = (text: string) => {
    const value = text.trim();
    if (value === '' || shown.text(element, value)) return text;
    return text.replace(value, () => replace(withoutEntities(value)));
  };
  return document.replace(PARTS, (part, ...match) => {
    const {
      section,
      comment,
      type,
      instruction,
      slash,
      name = '',
      rest = '',
      text,
    }: Record<string, string | undefined> = match.at(-1);
    if (text !== undefined) return maskText(text);
    if (section !== undefined) return `<![CDATA[${maskText(section)}]]>`;
    if (comment !== undefined) return `<!--${replace(comment)}-->`;
    if (type !== undefined) return `<!${replace(type)}>`;
    if (instruction !== undefined) return DECLARATION.test(part) ? part : `<?${replace(instruction)}?>`;
    element = slash === '' ? (name.split(':').at(-1) ?? '') : '';
    const shownName = name === '' || shown.name(name) ? name : replace(name);
    return `<${slash}${shownName}${maskAttributes(rest, shown, replace)}${part.endsWith('>') ? '>' : ''}`;
  });
}

const DECLARATION = /^<\?xml\s[\w\s.="'-]{1,80}\?>$/;

/** Attributes of SOAP and XML that carry no value of the caller's. */
const structural =
  /^(?:xmlns(?::.*)?|[\w-]+:(?:type|encodingStyle|mustUnderstand|actor|role|arrayType|nil|root|schemaLocation)|(?:\w+:)?(?:id|href|ref|null|nil))$/i;

function maskAttributes(attributes: string, shown: Shown, replace: Replace): string {
  return attributes.replace(
    /([^\s=]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)')|[^\s/]+/g,
    (attribute, name, equals = '', double, single) => {
      const value = double ?? single;
      if (value === undefined) return replace(attribute);
      if (structural.test(name)) return attribute;
      return `${shown.name(name) ? name : replace(name)}${equals}"${replace(withoutEntities(value))}"`;
    },
  );
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function withoutEntities(text: string): string {
  return text.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w{1,4}));/gi, (entity, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? entity;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}

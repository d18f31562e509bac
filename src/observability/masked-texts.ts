import { actionNames, actions } from '../core/actions.js';
import type { Replace } from '../core/secrets.js';
import type { FormText } from '../shared/form-text.js';

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
export const isSecretName = (name: string) =>
  /auth|cookie|device_code|key|pass|pwd|secret|session|ticket|token|verifier/i.test(name);

/** The parameters of all actions, by their names. */
const parameterNames: ReadonlySet<string> = new Set([
  'action',
  'api_key',
  ...actionNames.flatMap((name) => Object.keys(actions[name].parameters)),
]);

/** Whether the text of a request is a document, whatever it is said to be. */
export const isDocument = (text: string) => /^[\0\s]*</.test(text);

/** Whether it may be a multipart body. */
export const isMultipart = (text: string) => /^\s*--/.test(text);

/** A parameter, decoded. */
export function maskParameter(name: string, value: string, replace: Replace): string {
  return value === '' || isShown(name, value) ? value : replace(value);
}

export const maskName = (name: string, replace: Replace) => (isName(name) ? name : replace(name));

/** A query or a form, which stays encoded, but in UTF-8. */
export function maskPairs(form: FormText, replace: Replace): string {
  const decoded = (encoded: string) => {
    try {
      return form.decode(encoded);
    } catch {
      return encoded;
    }
  };
  const masked = (encoded: string) => encodeURIComponent(replace(decoded(encoded)));
  const inUtf8 = (encoded: string) => {
    const text = decoded(encoded);
    return /[^\0-\x7f]/.test(text) ? encodeURIComponent(text) : encoded;
  };
  return form.text.replace(
    /([^&=]+)(=?)([^&]*)|=([^&]*)/g,
    (_pair, name = '', equals = '', value = '', nameless = '') => {
      if (name === '') return `=${nameless === '' ? '' : masked(nameless)}`;
      const shownName = isName(decoded(name)) ? name : masked(name);
      const shown = value === '' || isShown(decoded(name), decoded(value)) ? inUtf8(value) : masked(value);
      return shownName + equals + shown;
    },
  );
}

/**
 * The parts of a multipart body between its boundaries, of a form or of a message with a document; undefined where it has
 * fewer than two boundaries.
 */
export function maskMultipart(body: string, replace: Replace): string | undefined {
  const [, boundary] = /^\s*--([^\r\n]{1,200}?)[ \t]*\r?\n/.exec(body) ?? [];
  if (boundary === undefined) return undefined;
  const name = boundary.replace(/\W/g, '\\$&');
  const pieces = body.split(new RegExp(`((?:^|\\r?\\n)--${name}(?:--?)?[ \\t]*(?=\\r?\\n|$))`));
  if (pieces.length < 5) return undefined;
  return pieces.map((piece, index) => (index % 2 === 1 ? piece : maskPart(piece, replace))).join('');
}

/** A part from the end of its boundary line on. */
function maskPart(part: string, replace: Replace): string {
  const [, head, value = ''] = /^((?:\r?\n[^\r\n]+)*\r?\n\r?\n)([\s\S]*)$/.exec(part) ?? [];
  if (head === undefined) return part.trim() === '' ? part : `\r\n\r\n${replace(part)}`;
  const [, quoted, name = quoted] = /;\s*name\s*=\s*(?:"([^"\r\n]*)"|([^\s;"]+))/i.exec(head) ?? [];
  return (
    maskPartHead(head, replace) +
    (name === undefined ? maskRequestDocument(value, replace) : maskParameter(name, value, replace))
  );
}

/** The header of a part: of its disposition the type and the name, and fields that say how to read it. */
function maskPartHead(head: string, replace: Replace): string {
  return head.replace(/^([^:\r\n]*):([ \t]*)([^\r\n]*)/gm, (field, name: string, blanks: string, value: string) => {
    if (/^content-(?:type|transfer-encoding|id|location)$/i.test(name)) return field;
    if (!/^content-disposition$/i.test(name)) return `${maskName(name, replace)}:${blanks}${replace(value)}`;
    const masked = value.replace(
      /(?<![\w*])([\w*]+)(\s*=\s*)(?:"([^"]*)"|([^\s;]+))/g,
      (_all, key, equals, quoted, plain) => {
        const text: string = quoted ?? plain ?? '';
        return `${key}${equals}"${/^name$/i.test(key) ? maskName(text, replace) : replace(text)}"`;
      },
    );
    return `${name}:${blanks}${masked}`;
  });
}

/** Which parts of a document are shown. */
interface Shown {
  readonly name: (name: string) => boolean;
  /** `key` is the text of the `name` or `key` before it, which names the `value` of a list. */
  readonly text: (element: string, text: string, key: string) => boolean;
}

const shownOfRequests: Shown = {
  name: isName,
  text: (element, text, key) =>
    element === 'key' ? parameterNames.has(text) : isShown(element === 'value' ? key : element, text),
};
const shownOfReplies: Shown = {
  name: () => true,
  text: (element, _text, key) => !isSecretName(element === 'value' ? lastStep(key) : element),
};

/** The last step of a dotted path. */
const lastStep = (path: string) => path.split('.').at(-1) ?? '';

export const maskRequestDocument = (text: string, replace: Replace) => maskDocument(text, shownOfRequests, replace);
export const maskReplyDocument = (text: string, replace: Replace) => maskDocument(text, shownOfReplies, replace);

/** The parts of a document, which need not be well-formed. */
const PARTS =
  /<!\[CDATA\[(?<section>[\s\S]*?)(?:\]\]>|$)|<!--(?<comment>[\s\S]*?)(?:-->|$)|<!(?<type>[^>]*)>?|<\?(?<instruction>[\s\S]*?)(?:\?>|$)|<(?<slash>\/?)(?<name>[^\s/>]*)(?<rest>[^>]*)>?|(?<text>[^<]+)/g;

function maskDocument(document: string, shown: Shown, replace: Replace): string {
  // The local name of the element that has just begun.
  let element = '';
  let key = '';
  const maskText = (text: string, decode: (value: string) => string) => {
    const value = text.trim();
    if (value === '') return text;
    const isShown = shown.text(element, value, key);
    if (element === 'key' || element === 'name') key = value;
    return isShown ? text : text.replace(value, () => replace(decode(value)));
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
    if (text !== undefined) return maskText(text, withoutEntities);
    if (section !== undefined) return `<![CDATA[${maskText(section, (value) => value)}]]>`;
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
    /([^\s=/]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)')|[^\s/]+/g,
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

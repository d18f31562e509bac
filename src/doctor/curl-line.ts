import { parseArgs } from 'node:util';
import { parse } from 'shell-quote';
import { codeOf, messageOf } from '../shared/errors.js';
import { multipartForm } from './form-body.js';
import { bytesOf } from './recorded-request.js';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** The options of curl (https://curl.se/docs/manpage.html) that make a request, and those that change nothing in it. */
const options = {
  request: { ...text, short: 'X' },
  url: text,
  header: { ...text, short: 'H' },
  data: { ...text, short: 'd' },
  'data-ascii': text,
  'data-raw': text,
  'data-binary': text,
  'data-urlencode': text,
  form: { ...text, short: 'F' },
  'form-string': text,
  get: { ...flag, short: 'G' },
  head: { ...flag, short: 'I' },
  user: { ...text, short: 'u' },
  'user-agent': { ...text, short: 'A' },
  referer: { ...text, short: 'e' },
  cookie: { ...text, short: 'b' },
  output: { ...text, short: 'o' },
  'max-time': { ...text, short: 'm' },
  'connect-timeout': text,
  proxy: { ...text, short: 'x' },
  'write-out': { ...text, short: 'w' },
  'cookie-jar': { ...text, short: 'c' },
  cacert: text,
  retry: text,
  resolve: text,
  silent: { ...flag, short: 's' },
  'show-error': { ...flag, short: 'S' },
  insecure: { ...flag, short: 'k' },
  verbose: { ...flag, short: 'v' },
  include: { ...flag, short: 'i' },
  location: { ...flag, short: 'L' },
  fail: { ...flag, short: 'f' },
  globoff: { ...flag, short: 'g' },
  compressed: flag,
  'http1.0': { ...flag, short: '0' },
  'http1.1': flag,
  http2: flag,
} as const;

/** An option as it was written, in order. */
type Written = readonly [name: string, value: string];

/** Whether a file holds a command line of curl. */
export function isCurlLine(start: string): boolean {
  return /^(?:\$\s+)?curl(?:\.exe)?\s/.test(start);
}

/** The request that a command line of curl would send. Throws an Error with one line for the operator where it cannot be told. */
export function requestOfCurl(line: string): Buffer {
  const { written, urls } = read(wordsOf(line));
  const all = (...names: readonly string[]) => written.filter(([name]) => names.includes(name));
  const last = (name: string) => all(name).at(-1)?.[1];
  const url = toUrl(last('url') ?? urls[0]);
  const data = all('data', 'data-ascii', 'data-raw', 'data-binary', 'data-urlencode').map(dataOf).join('&');
  const fields = all('form', 'form-string').map(fieldOf);
  const isQuery = last('get') !== undefined;
  if (isQuery && data !== '') url.search += url.search === '' ? data : `&${data}`;
  const form = fields.length > 0 ? multipartForm(fields) : undefined;
  const isData = !isQuery && data !== '';
  const method = isData || form ? 'POST' : last('head') === undefined ? 'GET' : 'HEAD';
  const type = form?.contentType ?? (isData ? 'application/x-www-form-urlencoded' : undefined);
  const user = last('user');
  const cookie = last('cookie');
  const referer = last('referer');
  const byDefault: [string, string][] = [
    ['Host', url.host],
    ['User-Agent', last('user-agent') ?? 'curl'],
    ['Accept', '*/*'],
    ...(user === undefined
      ? []
      : [['Authorization', `Basic ${Buffer.from(user).toString('base64')}`] as [string, string]]),
    ...(cookie === undefined ? [] : [['Cookie', cookie] as [string, string]]),
    ...(referer === undefined ? [] : [['Referer', referer] as [string, string]]),
    ...(type === undefined ? [] : [['Content-Type', type] as [string, string]]),
  ];
  return bytesOf({
    method: last('request') ?? method,
    target: url.pathname + url.search,
    headers: withHeaders(byDefault, all('header')),
    body: form?.body ?? Buffer.from(isQuery ? '' : data),
  });
}

/** The words of the command as a shell splits it, without `curl`. Variables stay as they are written. */
function wordsOf(line: string): string[] {
  const joined = line
    .trim()
    .replace(/^\$\s+/, '')
    .replace(/(?:\\|\^|`)\r?\n/g, ' ')
    .replace(/\$'((?:[^'\\]|\\.)*)'/gs, (_quoted, ansi: string) => shellQuoted(unescaped(ansi)));
  const words: string[] = [];
  for (const word of parse(joined, (name) => `$${name}`)) {
    if (typeof word === 'string') words.push(word);
    else if ('pattern' in word) words.push(word.pattern);
    else if ('op' in word && word.op === '&')
      throw new Error('the URL of the curl line has to be quoted: a shell ends it at its &');
    else break;
  }
  return words.slice(1);
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A word as browsers copy it for a shell: https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html. */
function unescaped(ansi: string): string {
  const names: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return ansi.replace(/\\(?:u([\da-f]{4})|x([\da-f]{2})|(.))/gis, (_escape, unicode, hex, character: string) =>
    character === undefined
      ? String.fromCharCode(Number.parseInt(unicode ?? hex, 16))
      : (names[character] ?? character),
  );
}

function read(words: readonly string[]): { written: Written[]; urls: string[] } {
  try {
    const { tokens, positionals } = parseArgs({ args: [...words], options, allowPositionals: true, tokens: true });
    const written = tokens.flatMap((token): Written[] =>
      token.kind === 'option' ? [[token.name, token.value ?? '']] : [],
    );
    return { written, urls: positionals };
  } catch (error) {
    // The message of any other error may quote a value.
    const [, unknown] =
      codeOf(error) === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? (/'(--?[\w.-]{1,30})/.exec(messageOf(error)) ?? []) : [];
    throw new Error(
      unknown === undefined
        ? 'an option of the curl line lacks its value; copy the line as a whole'
        : `the option ${unknown} of the curl line is not known here; leave it out, or record the request as raw HTTP`,
    );
  }
}

function toUrl(url: string | undefined): URL {
  const absolute = /^[a-z]+:\/\//i.test(url ?? '') ? url : `http://${url}`;
  if (url === undefined || !absolute || !URL.canParse(absolute))
    throw new Error('the curl line has no URL; copy it as a whole');
  return new URL(absolute);
}

/** What a pasted line names is not read: it may be any file. */
function refuseFile(value: string, pattern: RegExp): void {
  if (pattern.test(value)) {
    throw new Error(
      'the curl line sends a file, which is not read: put its content there, or give doctor that file as a body',
    );
  }
}

function dataOf([name, value]: Written): string {
  if (name === 'data-raw') return value;
  if (name !== 'data-urlencode') {
    refuseFile(value, /^@/);
    return value;
  }
  refuseFile(value, /^[^=]*@/);
  const equals = value.indexOf('=');
  return `${value.slice(0, Math.max(0, equals))}${equals > 0 ? '=' : ''}${encodeURIComponent(value.slice(equals + 1))}`;
}

function fieldOf([name, field]: Written): readonly [string, string] {
  const equals = field.indexOf('=');
  const value = field.slice(equals + 1);
  if (name === 'form') refuseFile(value, /^[@<]/);
  return [field.slice(0, Math.max(0, equals)), name === 'form' ? value.replace(/;type=[^;]*$/, '') : value];
}

/** Headers as curl has them: a written one replaces that of curl, and one without a value removes it. */
function withHeaders(byDefault: readonly [string, string][], written: readonly Written[]): [string, string][] {
  const own = written.map(([, header]): [string, string] => {
    refuseFile(header, /^@/);
    const [, name = header, value = ''] = /^([^:;]+)[:;]\s*(.*)$/s.exec(header) ?? [];
    return [name, value];
  });
  const names = own.map(([name]) => name.toLowerCase());
  const kept = byDefault.filter(([name]) => !names.includes(name.toLowerCase()));
  return [...kept, ...own.filter(([, value]) => value !== '')];
}

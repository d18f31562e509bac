import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { pino } from 'pino';
import { providers } from '../../src/providers/index.js';
import { catalogue } from '../../src/sign-in/languages/catalogue.js';
import { openSqlite } from '../../src/store/sqlite.js';
import { systemClock } from '../../src/vault/lives.js';
import { openMasterKey } from '../../src/vault/master-key.js';
import { createSealer } from '../../src/vault/seal.js';
import { createSessions } from '../../src/vault/sessions.js';
import { createTickets } from '../../src/vault/tickets.js';
import { afterwards } from '../support/cleanup.js';
import { vaultApplication } from '../support/servers/applications.js';
import { startBridge } from '../support/servers/bridge.js';
import {
  credentials,
  enter,
  type ModernApis,
  newTicket,
  pageAddress,
  providerNames,
  signedInTicket,
  startModernApis,
  visit,
} from '../support/servers/modern-apis.js';

const GOOD = credentials.previsto;
const languages = Object.keys(catalogue);
const logged: string[] = [];

let apis: ModernApis;
let bridge: Awaited<ReturnType<typeof startBridge>>;

beforeAll(async () => {
  apis = await startModernApis();
  bridge = await startBridge(
    {
      operator: { name: 'Söhne & <Co>', contact: 'help+box@example.com' },
      applications: [
        { ...apis.application('previsto', 'key'), name: 'Invoice importer', confirm_sign_in: false, token_days: 30 },
        { ...apis.application('previsto', 'day'), token_days: 1 },
        ...providerNames.map((provider) => apis.application(provider, provider)),
      ],
    },
    { log: pino({}, { write: (line: string) => void logged.push(line) }) },
  );
});

afterAll(async () => {
  await bridge.close();
  await apis.close();
});

const inLanguage = (language: string) => ({ headers: { 'Accept-Language': language } });
const newPage = async (apiKey = 'key') => pageAddress(bridge.url, await newTicket(bridge.url, apiKey));

/** The texts of a page, without its mark-up. */
const textsOf = (page: string) =>
  page
    .replace(/<(style|script)>.*?<\/\1>|<!--.*?-->/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('the language of the page', () => {
  test.each([
    ['de', 'de'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['FR-ca', 'fr'],
    ['en;q=0.5, es;q=0.6', 'es'],
    ['nl, fr;q=0.1', 'fr'],
    ['de;q=0, fr', 'fr'],
    ['nl', 'en'],
    ['*', 'en'],
    ['nl, *;q=0.1', 'en'],
    ['', 'en'],
    ['de;q=x, ;;;', 'en'],
    ['<script>', 'en'],
    [`${'x-y,'.repeat(500)}es`, 'es'],
  ])('of %s is %s', async (accepted, language) => {
    const { headers, text } = await visit(await newPage(), inLanguage(accepted));
    expect([headers.get('content-language'), headers.get('vary')]).toEqual([language, 'Accept-Language']);
    expect(text).toContain(`<html lang="${language}">`);
  });

  test('is English for a program that names none', async () => {
    expect((await enter(await newPage(), 'wrong')).headers.get('content-language')).toBe('en');
  });
});

const says = {
  en: ['Sign in to Previsto', 'Previsto secret key', 'for 30 days at most', 'This sign-in is over', 'Too many wrong'],
  de: [
    'Bei Previsto anmelden',
    'Geheimer Schlüssel von Previsto',
    'höchstens 30 Tage lang',
    'Diese Anmeldung ist vorbei',
    'Zu viele falsche',
  ],
  fr: [
    'Se connecter à Previsto',
    'Clé secrète Previsto',
    '30 jours au plus',
    'Cette connexion est terminée',
    'Trop d’essais',
  ],
  es: [
    'Iniciar sesión en Previsto',
    'Clave secreta de Previsto',
    'durante 30 días como máximo',
    'Este inicio de sesión ha terminado',
    'Demasiados intentos',
  ],
} as const satisfies Record<keyof typeof catalogue, readonly string[]>;

describe.each(Object.entries(says))('in %s', (language, [title, label, days, over, tooMany]) => {
  const texts = catalogue[language as keyof typeof catalogue];

  test('every page is', async () => {
    const address = await newPage();
    const shown = await visit(address, inLanguage(language));
    expect(shown.text).toContain(`<title>${title}</title>`);
    expect(shown.text).toContain(`<label for="password">${label}</label>`);
    expect(textsOf(shown.text)).toContain(days);
    const post = (password: string) =>
      visit(address, { method: 'POST', ...inLanguage(language), body: new URLSearchParams({ login: 'a', password }) });
    const problems: string[] = [];
    for (const secret of ['', ...Array<string>(11).fill('wrong')]) {
      const { text } = await post(secret);
      problems.push(/id="problem">([^<]*)</.exec(text)?.[1] ?? text);
    }
    expect(new Set(problems).size).toBe(3);
    expect(problems.at(-1)).toContain(tooMany);
    const ended = await visit(pageAddress(bridge.url, 'x'.repeat(32)), inLanguage(language));
    expect([ended.status, textsOf(ended.text).includes(over)]).toEqual([404, true]);
    const put = await visit(address, { method: 'PUT', ...inLanguage(language) });
    expect([put.status, textsOf(put.text).includes(texts.failure.title)]).toEqual([405, true]);
  });

  test('a page that is done says which program, and whose account', async () => {
    const address = await newPage();
    const body = new URLSearchParams({ password: GOOD });
    const done = await visit(address, { method: 'POST', ...inLanguage(language), body });
    const again = await visit(address, inLanguage(language));
    for (const { text } of [done, again]) {
      expect(textsOf(text)).toContain(`${texts.done.text('Invoice importer', 'Previsto', 'john')} ${texts.done.next}`);
      expect(text).toContain('<p class="api_auth_success">');
    }
  });

  test('an outage is told', async () => {
    const address = await newPage();
    apis.become((_request, response) => void response.writeHead(500).end());
    const body = new URLSearchParams({ password: GOOD });
    const page = await visit(address, { method: 'POST', ...inLanguage(language), body }).finally(() => apis.become());
    expect(page.text).toContain(`<p role="alert" id="problem">${texts.problem.outage('Previsto')}</p>`);
    expect(page.text).not.toContain('aria-invalid="true"');
  });
});

test('two tabs: the second hears whose sign-in it was', async () => {
  const address = await newPage();
  const tabs = await Promise.all([enter(address, GOOD), enter(address, GOOD)]);
  for (const { status, text } of tabs)
    expect([status, textsOf(text).includes('Invoice importer now has access to your Previsto account john.')]).toEqual([
      200,
      true,
    ]);
});

test('a token that ends after a day ends after one day', async () => {
  const texts = await Promise.all(
    languages.map(async (each) => textsOf((await visit(await newPage('day'), inLanguage(each))).text)),
  );
  for (const [index, words] of ['for 1 day at most', '1 Tag lang', '1 jour au plus', '1 día como'].entries())
    expect(texts[index]).toContain(words);
});

describe('the credential', () => {
  test.each(providers.map((kind) => [kind.name, kind.credential] as const))(
    'of %s is documented, in every language',
    async (provider, { hint, url = '', translations = {} }) => {
      expect(Object.keys({ en: 1, ...translations }).sort()).toEqual([...languages].sort());
      expect(url).toMatch(/^https:\/\//);
      const hints: Readonly<Record<string, string>> = {
        en: hint,
        ...Object.fromEntries(Object.entries(translations).map(([language, words]) => [language, words.hint])),
      };
      for (const language of languages) {
        const { text } = await visit(await newPage(provider), inLanguage(language));
        const [, shown = ''] = /<small id="password-hint">(.*?)<a /s.exec(text) ?? [];
        expect(shown.trim()).toBe(hints[language]);
        expect(text).toContain(`<a href="${url}" target="_blank" rel="noopener noreferrer">`);
      }
    },
  );
});

describe('who runs the bridge', () => {
  test('is on every page, escaped', async () => {
    const address = await newPage();
    const pages = [await visit(address), await enter(address, GOOD), await visit(pageAddress(bridge.url, 'x'))];
    for (const { text } of pages) {
      expect(text).toContain(
        'This page is run by Söhne &amp; &lt;Co&gt;. Questions: <a href="mailto:help%2Bbox@example.com">help+box@example.com</a>',
      );
    }
  });

  test.each([
    [{ name: 'Example Ltd' }, 'This page is run by Example Ltd.'],
    [
      { contact: 'https://example.com/help?a=1&b="' },
      'Questions: <a href="https://example.com/help?a=1&amp;b=%22">https://example.com/help?a=1&amp;b=&quot;</a>',
    ],
    [{}, undefined],
  ])('%j', async (operator, words) => {
    const other = await startBridge({ operator, applications: [apis.application('previsto', 'key')] });
    afterwards(other.close);
    const { text } = await visit(pageAddress(other.url, await newTicket(other.url, 'key')));
    const [, footer] = /<footer>\s*<p>(.*)<\/p>\s*<\/footer>/s.exec(text) ?? [];
    expect(footer).toBe(words);
  });
});

/** The lines of the log about what is not a call, since the test began. */
const linesSince = (begin: number) =>
  logged
    .slice(begin)
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => /a sign-in is over|broken seal/.test(msg));

describe('a ticket that is over', () => {
  /** A ticket of the bridge's own store and key that was issued 20 minutes ago. */
  async function oldTicket(): Promise<string> {
    const store = openSqlite(join(bridge.folder, 'data', 'bridge.db'));
    try {
      const past = { ...store, now: async () => (await store.now()) - 20 * 60_000 };
      const sealer = createSealer(await openMasterKey(store, { file: join(bridge.folder, 'data', 'bridge.key') }));
      const application = await vaultApplication('key');
      const sessions = createSessions(past, sealer, systemClock);
      const tickets = createTickets({ store: past, sealer, sessions, applications: [application], clock: systemClock });
      return await tickets.issue(application, '192.0.2.1');
    } finally {
      await store.close();
    }
  }

  test('names the program, and is in the log', async () => {
    const address = pageAddress(bridge.url, await oldTicket());
    const begin = logged.length;
    for (const page of [await visit(address), await enter(address, GOOD)]) {
      expect(page.status).toBe(404);
      expect(textsOf(page.text)).toContain(
        'Invoice importer asked for access to your Previsto account too long ago. Go back to Invoice importer and sign in',
      );
    }
    const line = {
      msg: 'a sign-in is over',
      application: 'Invoice importer',
      provider: 'previsto',
      address: '127.0.0.1',
    };
    expect(linesSince(begin)).toMatchObject(Array(2).fill({ ...line, cause: 'the ticket has expired' }));
  });

  test('with a broken seal is a warning', async () => {
    const ticket = await signedInTicket(bridge.url, 'key', GOOD);
    const database = new DatabaseSync(join(bridge.folder, 'data', 'bridge.db'), { timeout: 5000 });
    database.exec('UPDATE tickets SET sealed = zeroblob(length(sealed))');
    database.close();
    const begin = logged.length;
    const page = await visit(pageAddress(bridge.url, ticket));
    // Another one is none the worse.
    const pages = [page, await visit(await newPage())];
    expect(pages.map(({ status }) => status)).toEqual([404, 200]);
    expect(linesSince(begin)).toMatchObject([
      {
        level: 40,
        msg: 'a ticket has a broken seal',
        application: 'Invoice importer',
        cause: 'a ticket with a broken seal',
      },
    ]);
  });

  test('or that never was names none', async () => {
    const begin = logged.length;
    const ticket = 'never-issued-ticket-of-nobody';
    const page = await visit(pageAddress(bridge.url, ticket));
    expect([page.status, textsOf(page.text).includes('Its address is not valid')]).toEqual([404, true]);
    const [line, ...others] = linesSince(begin);
    expect(line).toMatchObject({ level: 30, msg: 'a sign-in is over', cause: expect.stringContaining('never issued') });
    expect([line.application, others, logged.slice(begin).join('').includes(ticket)]).toEqual([undefined, [], false]);
  });
});

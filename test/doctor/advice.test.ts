import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Config } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { diagnose } from '../../src/doctor/diagnosis.js';
import { examine, inTurn } from '../../src/doctor/examine.js';
import { requestsIn } from '../../src/doctor/requests.js';
import { providers } from '../../src/providers/index.js';
import { temporaryFolder } from '../support/servers/bridge.js';

/** What doctor says to change. */

const example = fileURLToPath(new URL('../../../examples/my-service.js', import.meta.url));
let config: Config;
let remove: () => Promise<void>;

beforeAll(async () => {
  const folder = await temporaryFolder();
  remove = folder.remove;
  const seatable = { provider: 'seatable', base_url: 'https://cloud.seatable.io' };
  const applications = [
    { ...seatable, api_key: 'rrc1d3ntb53tt6b2vhail6rdtrsxov3v', name: 'Importer' },
    { ...seatable, api_key: 'limited-limited', name: 'Limited', actions: ['logout'] },
    { provider: example, base_url: 'https://my-service.example', api_key: 'own-own-own', name: 'Own' },
  ];
  config = parseConfig({ applications }, { directory: folder.path, actions: actionNames, providers });
});

afterAll(() => remove());

const KEY = 'api_key=rrc1d3ntb53tt6b2vhail6rdtrsxov3v&auth_token=anything';

test.each([
  [
    'action=get_account_info&api_key=rrc1d3ntb53tt6b2vhail6rdtrsxov3w',
    /; the nearest is that of Importer \(rrc1…\): is it misspelt\?$/,
  ],
  [
    'action=get_account_info&api_key=rrc1',
    /^give an application this api_key, or enter one of Importer \(rrc1…\), Limited \(limi…\), Own \(own-…\)$/,
  ],
  ['action=get_acount_info&api_key=k', /^did you mean get_account_info\? The actions are get_account_info, /],
  ['action=nothing_like_it&api_key=k', /^The actions are get_account_info, /],
  [
    `action=create_account&name=a&email=b&${KEY}`,
    /^leave create_account out, or let the application Importer go to golem or box$/,
  ],
  [`action=get_ticket&${KEY}`, /^set `credentials: vault` in the application Importer: /],
  [`action=update_account&name=a&${KEY}`, /^leave name out of the call: previsto, golem and box can change them$/],
  [`action=update_account&${KEY}`, /^send what to change: name, login, email, language_code or meta\.NAME$/],
  [
    'action=get_account_info&api_key=limited-limited&auth_token=a',
    /^add get_account_info to `actions` of the application Limited, /,
  ],
  ...['\xfc', '%C3%BC \xfc', 'a b'].map(
    (token) =>
      [
        `GET /api/1.0/rest?action=get_account_info&api_key=k&auth_token=${token} HTTP/1.1\r\nHost: x\r\n\r\n`,
        /^escape in the address what is not ASCII, and blanks: `%C3%BC` for ü, `%20` for a blank; /,
      ] as const,
  ),
  ['action=get_account_info&api_key=limited-limited%20', /^take the blanks and line ends around the api_key out of /],
  [
    'action=authorization&login=a&api_key=rrc1d3ntb53tt6b2vhail6rdtrsxov3v',
    /^send password with a value: authorization takes login, password$/,
  ],
  [
    'action=get_account_info&api_key=own-own-own&auth_token=a',
    /^use --live: the recorder does not play \S*my-service\S*, and only the API itself can tell$/,
  ],
])('%s', async (body, advice) => {
  const { requests } = requestsIn(Buffer.from(body), 'a file');
  const [performed] = await examine(inTurn(requests), { config, runtime: {}, isLive: false });
  const found = performed ? diagnose(performed, { config, isLive: false }) : [];
  expect(found.map((each) => each.advice)).toEqual([[expect.stringMatching(advice)]]);
});

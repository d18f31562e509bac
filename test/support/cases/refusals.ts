import { readFileSync } from 'node:fs';
import { boxAccounts } from '../../../src/sandbox/box-accounts.js';
import { golemAccounts } from '../../../src/sandbox/golem.js';
import type { Format } from '../clients/legacy.js';
import { type Api, apis, vaultKeyOf, type Workbench } from '../servers/workbench.js';
import { tokens } from './modern-accounts.js';
import { callerOf } from './writes-done.js';

/** The lines of a table in `test/fixtures/refusals`: the modern API of each, and its other columns, the last with blanks. */
export function readTable(name: string, columns: number): readonly (readonly [Api, ...string[]])[] {
  const file = new URL(`../../../../test/fixtures/refusals/${name}`, import.meta.url);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const cells = line.split(/ +/);
      const [first, ...others] = [...cells.slice(0, columns - 1), cells.slice(columns - 1).join(' ')];
      const api = apis.find((each) => each === first);
      if (api === undefined || others.length !== columns - 1) throw new Error(`no line of ${name}: ${line}`);
      return [api, ...others];
    });
}

const values: Readonly<Record<string, string>> = {
  name: 'New',
  login: 'new',
  email: 'new@example.com',
  current_password: 'terraform-demo-password',
  new_password: 'long enough as it is',
  password: 'neither a token nor a password',
};
const usual: Readonly<Record<string, string>> = {
  update_account: 'email',
  create_account: 'name+email',
  change_password: 'current_password+new_password',
  authorization: 'login+password',
};

/**
 * The word that an old caller reads; in SOAP, that of an outage is the text of a fault. `what` is an action, with what is given in parentheses where that is not the usual:
 * `update_account(name+email)`, and `another` for the user_id of somebody else.
 */
export async function wordOf(
  bench: Workbench,
  format: Format,
  api: Api,
  what: string,
  interference: Parameters<Workbench['interfere']>,
): Promise<string> {
  const [, action = '', given = usual[action] ?? ''] = /^(\w+)(?:\((.*)\))?$/.exec(what) ?? [];
  const parameters: [string, string][] = [];
  for (const name of given.split('+').filter((each) => each !== '')) {
    if (name === 'another') {
      const id = api === 'box' ? boxAccounts.managed.user.id : golemAccounts.partner.account.id;
      parameters.push(['user_id', await bench.userOf(api, tokens[api], id)]);
    } else parameters.push([name, values[name] ?? '']);
  }
  bench.interfere(...interference);
  const caller = action === 'authorization' ? [['api_key', vaultKeyOf(api)] as const] : callerOf({ api });
  return (await bench.call(format, action, [...caller, ...parameters])).status;
}

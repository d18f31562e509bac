import { Agent, request } from 'node:http';
import { afterwards } from '../cleanup.js';
import { bodies, type Format, formats } from '../clients/legacy.js';
import { startUpstream } from './upstream.js';

export type Twin = 'a' | 'b';

/** Two configurations of one application, which differ in all that a reply can tell. */
export interface TwinConfigurations {
  readonly configuration: (twin: Twin) => { applications: Record<string, unknown>[]; limits: object };
  /** Notes what a bridge, which has this configuration, replies. */
  readonly learn: (bridge: string, twin: Twin) => Promise<void>;
  /** Calls a bridge; gives the configuration that the whole reply is of. Throws where it is of none. */
  readonly ask: (bridge: string, format: Format, agent?: Agent) => Promise<Twin>;
  /** Calls a bridge so many times in all formats, and tells how many calls there were before each. */
  readonly load: (bridge: string, calls: number, onCall: (calls: number) => void) => Promise<Record<Twin, number>>;
}

/** How many programs call at once in each format. */
const CALLERS = 4;
/** Milliseconds after which a call counts as lost. */
const TIMEOUT_MS = 20_000;

export async function startTwinConfigurations(): Promise<TwinConfigurations> {
  const upstream = await startUpstream(({ url = '' }, response) => {
    const [, twin = ''] = url.split('/');
    const account = { id: `acct_${twin}`, login: twin, name: `Zoë ${twin}`, email: `${twin}@example.com` };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(account));
  });
  afterwards(upstream.close);
  const agent = new Agent({ keepAlive: true });
  afterwards(async () => agent.destroy());
  const known = new Map<string, Twin>();

  const ask: TwinConfigurations['ask'] = async (bridge, format, by = agent) => {
    const reply = await replyTo(bridge, format, by);
    const twin = known.get(reply);
    if (!twin) throw new Error(`a reply of neither configuration: ${reply}`);
    return twin;
  };
  return {
    configuration: (twin) => ({
      limits: { concurrent_calls: twin === 'a' ? 1024 : 512, upstream_timeout_ms: twin === 'a' ? 10_000 : 12_000 },
      applications: [
        {
          api_key: 'key',
          provider: 'previsto',
          base_url: `${upstream.url}/${twin}`,
          defaults: { space_amount: twin === 'a' ? 1 : 2 },
          ...(twin === 'b' && { deprecation: { since: '2026-01-01' }, reply_charset: 'ISO-8859-1' }),
        },
      ],
    }),
    learn: async (bridge, twin) => {
      for (const format of formats) known.set(await replyTo(bridge, format, agent), twin);
    },
    ask,
    load: async (bridge, calls, onCall) => {
      const answered = { a: 0, b: 0 };
      let begun = 0;
      const run = async (format: Format) => {
        while (begun < calls) {
          begun += 1;
          onCall(begun);
          answered[await ask(bridge, format)] += 1;
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, () => formats.map(run)).flat());
      return answered;
    },
  };
}

/** What the reply to a call says, but for its id. */
function replyTo(bridge: string, format: Format, agent: Agent): Promise<string> {
  const body = bodies[format]('get_account_info', [
    ['api_key', 'key'],
    ['auth_token', 'token'],
  ]);
  return new Promise((resolve, reject) => {
    const sent = request(`${bridge}/api/1.0/${format}`, { agent, method: 'POST', timeout: TIMEOUT_MS }, (response) => {
      let text = `${response.statusCode} ${response.headers['content-type']} ${response.headers.deprecation} `;
      response.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('close', () => (response.complete ? resolve(text) : reject(new Error('half a reply'))));
    });
    sent.on('timeout', () => sent.destroy(new Error('no reply in time'))).on('error', reject);
    sent.end(body);
  });
}

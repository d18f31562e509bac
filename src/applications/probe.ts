import type { ApplicationConfig, Config } from '../config/config.js';
import { type Fault, toFault } from '../core/fault.js';
import { createCache } from '../providers/cache.js';
import { messageOf } from '../shared/errors.js';
import { createScope } from '../shared/scope.js';
import { createUpstreams } from '../upstream/client.js';
import { adviceOn } from '../upstream/outage-advice.js';
import type { Proxies } from '../upstream/transport.js';
import type { Application } from './application.js';
import { connect } from './connect.js';

/** No modern API has issued this credential. */
const PROBE_CREDENTIAL = 'boxbridge-check';

/** What is wrong with the modern API of an application, or with that of its shadow. */
export interface ProbeProblem {
  /** The steps to the key that it is about. */
  readonly path: readonly (string | number)[];
  /** One line for the operator. */
  readonly message: string;
}

export interface ProbeOptions {
  readonly proxies?: Proxies | undefined;
  /** Whether the modern APIs are asked; otherwise the applications are connected alone, as at the start. */
  readonly isOnline: boolean;
}

/**
 * Connects every application, and reads an account of its modern API with a credential that it must reject. Gives a problem for
 * each that cannot be connected, or whose API gives another outcome than "unauthenticated".
 */
export async function probeApplications(
  { applications, limits }: Config,
  { proxies, isOnline }: ProbeOptions,
): Promise<ProbeProblem[]> {
  const upstreams = createUpstreams({
    timeoutMs: limits.upstreamTimeoutMs,
    concurrentCalls: limits.concurrentCalls,
    proxies,
  });
  const connected = (application: ApplicationConfig) => connect(application, upstreams, createCache());
  const problems = applications.flatMap(withShadow).map(async ({ application, path }): Promise<ProbeProblem[]> => {
    try {
      const { connect: connectTo, name, provider, baseUrl, oauth } = await connected(application);
      if (!isOnline) return [];
      const scope = createScope();
      const fault = await connectTo(scope)
        .readAccount(PROBE_CREDENTIAL)
        .then(() => undefined, toFault);
      if (fault?.reason === 'unauthenticated') return oauth ? clientProblems(oauth, name, path) : [];
      const [outcome, words] = [scope.outcomes.at(-1), outcomeOf(fault)];
      const why = isCode(outcome) ? outcome : words;
      const message = `${name}: ${baseUrl} does not answer as ${provider} should (${why}); ${adviceOn(outcome, words)}`;
      return [{ path: [...path, 'base_url'], message }];
    } catch (error) {
      return [{ path: [...path, 'provider'], message: messageOf(error) }];
    }
  });
  return (await Promise.all(problems)).flat();
}

/** An application, and one in the place of its shadow. */
function withShadow(application: ApplicationConfig, index: number) {
  const { name, shadow } = application;
  const path = ['applications', index];
  const itself = { application, path };
  if (!shadow) return [itself];
  return [
    itself,
    {
      application: { ...application, ...shadow, clientId: undefined, name: `the shadow of ${name}` },
      path: [...path, 'shadow'],
    },
  ];
}

/** Asks the vendor for a token with a refresh token that it must refuse: first it looks at who asks. */
async function clientProblems(
  { renew }: NonNullable<Application['oauth']>,
  name: string,
  path: readonly (string | number)[],
): Promise<ProbeProblem[]> {
  const fault = await renew({ accessToken: '', refreshToken: PROBE_CREDENTIAL }, createScope()).then(
    () => undefined,
    toFault,
  );
  if (!fault || fault.reason === 'unauthenticated') return [];
  const message = `${name}: no tokens can be had with its client_id (${messageOf(fault.cause)}); compare client_id, client_secret and scopes with what the vendor has`;
  return [{ path: [...path, 'client_id'], message }];
}

/** Whether an outcome is a code of the network or of TLS, which the advice explains; those of undici say little. */
const isCode = (outcome: number | string | undefined) => /^(?!UND_)[A-Z][A-Z\d_]+$/.test(`${outcome}`);

function outcomeOf(fault: Fault | undefined): string {
  if (!fault) return 'it takes any credential';
  return fault.cause === undefined ? fault.reason : messageOf(fault.cause);
}

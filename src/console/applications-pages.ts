import { Router } from 'express';
import type { Application } from '../applications/application.js';
import { httpErrors } from '../core/error-mapping.js';
import type { Log } from '../observability/log.js';
import { messageOf } from '../shared/errors.js';
import type { KnownSession, Store } from '../store/store.js';
import type { BreakerState } from '../upstream/resilience.js';
import { describeTokens, revokeByPrefix, revokeWhere } from '../vault/issued-tokens.js';
import type { Sessions } from '../vault/sessions.js';
import { queryIn } from './call-list.js';
import { readForm } from './form.js';
import { CONSOLE_PATH, sendPage } from './pages.js';
import { listSessions, positionIn, positionText } from './tokens.js';
import { usageByApplication } from './usage.js';

export interface ApplicationsParts {
  readonly applications: readonly Application[];
  readonly store: Store;
  readonly sessions: Pick<Sessions, 'labelOf'>;
  /** The state of the breaker of each `base_url` that was asked, in the worst of the processes. */
  readonly breakers: () => ReadonlyMap<string, BreakerState>;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** What the states of a breaker mean, in words. */
const breakerWords: Readonly<Record<BreakerState, string>> = {
  closed: 'is asked',
  'half-open': 'is being tried again',
  open: 'is left alone after outages',
};

/** The page with the applications and the auth_tokens that were issued to them. */
export function applicationsRouter(parts: ApplicationsParts): Router {
  const { applications, store, sessions, breakers, log } = parts;
  const router = Router();
  const describe = describeTokens(applications, sessions);

  /** Selects the sessions of the application at a place; all where there is none. */
  const isOf = (application: Application | undefined): ((session: KnownSession) => boolean) => {
    if (!application) return () => true;
    const label = sessions.labelOf(application);
    return (session) => session.application === label;
  };

  router.get('/', async (request, response) => {
    const query = queryIn(request);
    const chosen = query.get('application') ?? '';
    const states = breakers();
    const usageOf = usageByApplication(await store.ledger(0));
    const cards = applications.map((application, place) => ({
      ...facts(application),
      place,
      breaker: breakerWords[states.get(application.baseUrl) ?? 'closed'],
      usage: usageOf(application.name),
    }));
    const wanted = isOf(applications[Number(chosen || Number.NaN)]);
    const { sessions: found, next } = await listSessions(store, wanted, positionIn(query.get('after') ?? ''));
    sendPage(response, 'applications', {
      title: 'Applications',
      cards,
      chosen,
      tokens: found.map(describe),
      next: next && positionText(next),
      revoked: query.get('revoked'),
      hasVault: applications.some(({ credentials }) => credentials === 'vault'),
    });
  });

  router.post('/revoke', async (request, response) => {
    const form = await readForm(request);
    const prefix = form.get('token') ?? '';
    const chosen = form.get('application') ?? '';
    const application = applications[Number(chosen || Number.NaN)];
    try {
      if (prefix === '' && !application) throw new Error('neither a token nor an application is named');
      const revoked = prefix === '' ? await revokeWhere(store, isOf(application)) : await revokeByPrefix(store, prefix);
      log.info({ application: application?.name, token: prefix, revoked }, 'tokens were revoked at the console');
      const back = new URLSearchParams({ application: chosen, revoked: `${revoked}` });
      response.redirect(303, `${CONSOLE_PATH}/applications?${back}#tokens`);
    } catch (error) {
      response.status(httpErrors.badRequest);
      sendPage(response, 'message', { title: 'Nothing was revoked', text: messageOf(error) });
    }
  });

  return router;
}

/** What the page shows of an application; its api_key is not among it. */
function facts({ name, kind, provider, baseUrl, credentials, actions, cacheSeconds, tokenDays }: Application) {
  return {
    ...{ name, title: kind.title, provider, baseUrl, credentials, cacheSeconds, tokenDays },
    actions: actions?.join(', ') ?? 'all that are possible',
  };
}

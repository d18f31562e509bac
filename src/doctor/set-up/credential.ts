import { diagnose } from '../diagnosis.js';
import { examine, inTurn } from '../examine.js';
import { bytesOf } from '../recorded-request.js';
import { type Check, good, toDo } from './finding.js';

/** The auth_token of an old program: whether its application can read the account behind it. */
export const checkCredential: Check = async ({ config, key, proxies, credential }) => {
  if (!credential) return [];
  const { authToken, application } = credential;
  const what = `credential for ${application.name}`;
  const parameters = { action: 'get_account_info', api_key: application.apiKey, auth_token: authToken };
  const body = Buffer.from(new URLSearchParams(parameters).toString());
  const bytes = bytesOf({ method: 'POST', target: '/api/1.0/rest', headers: [], body });
  const performed = await examine(inTurn([{ name: what, bytes }]), { config, runtime: { key, proxies }, isLive: true });
  return performed
    .flatMap((each) => diagnose(each, { config, isLive: true }))
    .map(({ isAnswered, exchange, advice }) =>
      isAnswered ? good(what, 'its account can be read') : toDo(what, `${advice.join('; ')} (${exchange?.cause})`),
    );
};

import { messageOf } from '../../shared/errors.js';
import { checkConfiguration } from './configuration.js';
import { checkCredential } from './credential.js';
import { type Check, type Finding, type SetUp, toDo } from './finding.js';
import { checkLimitsStore } from './limits-store.js';
import { checkModernApis } from './modern-apis.js';
import { checkPublicUrl } from './public-url.js';
import { checkStoreAndKey } from './store.js';

/** In the order in which they are shown. */
const checks: Readonly<Record<string, Check>> = {
  configuration: checkConfiguration,
  store: checkStoreAndKey,
  limits_store: checkLimitsStore,
  'modern APIs': checkModernApis,
  credential: checkCredential,
  public_url: checkPublicUrl,
};

export interface SetUpOptions {
  readonly isJson: boolean;
  readonly print: (text: string) => void;
}

/** Examines a set-up, and changes nothing of it. Gives whether all of it is good. */
export async function examineSetUp(setUp: SetUp, { isJson, print }: SetUpOptions): Promise<boolean> {
  const perCheck = Object.entries(checks).map(([what, check]) =>
    check(setUp).catch((error: unknown): Finding[] => [toDo(what, messageOf(error))]),
  );
  const findings = (await Promise.all(perCheck)).flat();
  if (isJson) print(JSON.stringify({ findings: findings.map(jsonOf) }, null, 2));
  else print(findings.map(lineOf).join('\n'));
  return findings.every(({ isGood }) => isGood);
}

function lineOf({ what, isGood, says }: Finding): string {
  return `${isGood ? 'ok   ' : 'to do'}  ${what}: ${says}`;
}

function jsonOf({ what, isGood, says }: Finding): object {
  return { what, ok: isGood, says };
}

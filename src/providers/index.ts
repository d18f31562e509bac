import { golem } from './golem.js';
import { previsto } from './previsto.js';
import type { ProviderKind } from './provider.js';
import { seatable } from './seatable.js';
import { terraform } from './terraform.js';

/** Every modern API that the bridge speaks. */
export const providers: readonly ProviderKind[] = [seatable, previsto, terraform, golem];

import { box } from './box.js';
import { golem } from './golem.js';
import { previsto } from './previsto.js';
import type { ProviderKind } from './provider.js';
import { seatable } from './seatable.js';
import { terraform } from './terraform.js';

/** Every provider that goes by a name in the configuration. */
export const providers: readonly ProviderKind[] = [seatable, previsto, terraform, golem, box];

import { createRequire } from 'node:module';
import type { TestSequencerOptions } from '@jest/test-sequencer';

type Sequencers = typeof import('@jest/test-sequencer');

/** Its types are those of CommonJS, which has the class at `default`. */
const { default: Sequencer }: Sequencers = createRequire(import.meta.url)('@jest/test-sequencer');

/** The suites that take longest where nothing is known of earlier runs, in this order; those of seconds are not here. */
const longest = [
  'interop/interop',
  'cli/cli',
  'bootstrap/cluster',
  'store/postgres',
  'console/browser',
  'cli/tokens',
  'repository/pages',
  'sign-in/browser',
  'bridge/writes-lost',
  'bootstrap/lost-lines',
  'bridge/writes',
  'console/try',
  'upstream/client',
  'oauth/nodes',
  'applications/own-provider',
  'store/breaker',
  'cli/npm-start',
  'bridge/refusals',
  'bootstrap/reload-processes',
  'end-to-end/failures',
  'end-to-end/old-clients',
  'oauth/renewal',
  'store/sqlite',
  'doctor/causes',
  'store/valkey-rates',
  'oauth/own-provider',
  'repository/package',
  'end-to-end/properties-texts',
];

const rankOf = (path: string) => {
  const rank = longest.findIndex((name) => path.endsWith(`/dist/test/${name}.test.js`));
  return rank < 0 ? longest.length : rank;
};

/** A sequencer of Jest, which makes it with `new`: what is long begins first, so that no core waits for it at the end. */
export default function longestFirst(options: TestSequencerOptions): InstanceType<Sequencers['default']> {
  const sequencer = new Sequencer(options);
  const byItself = sequencer.sort.bind(sequencer);
  sequencer.sort = async (tests) => [...(await byItself(tests))].sort((a, b) => rankOf(a.path) - rankOf(b.path));
  return sequencer;
}

import { RateLimiterPostgres } from 'rate-limiter-flexible';
import { counterOf } from './attempts.js';
import type { Store } from './store.js';

/** Counts for all nodes, in the table `wrong_tries`. */
export function attemptsInPostgres(pool: object): Store['attempts'] {
  return ({ name, max, seconds }) =>
    counterOf(
      new RateLimiterPostgres({
        storeClient: pool,
        storeType: 'pool',
        tableName: 'wrong_tries',
        tableCreated: true,
        keyPrefix: name,
        points: max,
        duration: seconds,
      }),
    );
}

import type { Store } from '../store/store.js';

/** How long an answer is kept, in milliseconds: whoever may ask cannot make the store write more often. */
const KEPT_MS = 1000;

/** Gives whether a store can be written, to many who ask at once by one check. */
export function createReadiness(
  { checkWritable }: Pick<Store, 'checkWritable'>,
  now: () => number = () => performance.now(),
): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined;
  /** Until when the answer is kept: undefined while it is not there. */
  let keptUntil: number | undefined;
  const check = async () => {
    const isWritable = await checkWritable().then(
      () => true,
      () => false,
    );
    keptUntil = now() + KEPT_MS;
    return isWritable;
  };
  return () => {
    if (!answer || (keptUntil !== undefined && now() >= keptUntil)) {
      keptUntil = undefined;
      answer = check();
    }
    return answer;
  };
}

import { afterAll, afterEach, beforeEach } from '@jest/globals';

type Work = () => Promise<void>;

const ofTest: Work[] = [];
const ofSuite: Work[] = [];
let pending = ofSuite;

/** Does this after the test, whatever comes of it, or after all tests where `beforeAll` asks for it; the last one first. */
export function afterwards(work: Work): void {
  pending.push(work);
}

async function finish(works: Work[]): Promise<void> {
  while (works.length > 0) await works.pop()?.();
}

beforeEach(() => {
  pending = ofTest;
});

afterEach(async () => {
  await finish(ofTest);
  pending = ofSuite;
});

afterAll(() => finish(ofSuite));

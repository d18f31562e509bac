import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../../node_modules/.cache/boxbridge/', import.meta.url));

export const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * A folder that is made once of what makes it what it is, and kept for later runs; nobody changes what is in it. Where
 * several processes make one at once, it is the one of the first.
 */
export async function kept(
  name: string,
  ingredients: readonly unknown[],
  make: (draft: string) => Promise<void>,
): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(ingredients)).digest('hex').slice(0, 16);
  const path = join(cache, `${name}-${digest}`);
  if (await exists(path)) return path;
  const draft = `${path}-${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  try {
    await make(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(path))) throw error;
  }
  return path;
}

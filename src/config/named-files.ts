import { resolve } from 'node:path';
import { z } from 'zod';
import { camelCased } from '../shared/camel-case.js';
import { readTlsFiles, type TlsFiles, type TlsPaths } from '../upstream/tls-files.js';
import type { AdminConfig, ConfigProblem, ParsedConfig } from './config.js';
import { adminOf } from './console-password.js';
import { type PlaceOf, problemAt } from './places.js';

/** The parts of a configuration that name files, those of secrets in place of values aside. */
interface NamedFiles<Application extends TlsPaths> {
  readonly admin?: ParsedConfig['admin'];
  readonly applications: readonly Application[];
}

/** The same with what is in the files. */
interface ReadFiles<Application> {
  readonly admin: AdminConfig | undefined;
  readonly applications: readonly (Omit<Application, keyof TlsPaths> & { readonly tls: TlsFiles })[];
  /** One for each file that cannot be used. */
  readonly problems: readonly ConfigProblem[];
}

/** Blocks: MUST be called before calls are answered. */
export function readNamedFiles<Application extends TlsPaths>(
  named: NamedFiles<Application>,
  placeOf: PlaceOf,
): ReadFiles<Application> {
  const { admin, problems: ofAdmin } = adminOf(named.admin, placeOf);
  const problems = [...ofAdmin];
  const applications = named.applications.map(({ caFile, clientCertFile, clientKeyFile, ...application }, index) => {
    const tls = readTlsFiles({ caFile, clientCertFile, clientKeyFile });
    for (const { key, message } of tls.problems)
      problems.push(problemAt(placeOf, ['applications', index, key], message));
    return { ...application, tls: tls.files };
  });
  return { admin, applications, problems };
}

/** Those of a configuration that has problems, as far as it names them; relative paths start in `directory`. */
export function namedFiles(value: unknown, directory: string): NamedFiles<TlsPaths> {
  const file = z
    .string()
    .min(1)
    .transform((path) => resolve(directory, path))
    .optional()
    .catch(undefined);
  const admin = z
    .object({
      host: z.string().catch('127.0.0.1'),
      port: z.number().catch(0),
      console: z.boolean().optional().catch(undefined),
      console_password_file: file,
    })
    .transform(camelCased)
    .optional()
    .catch(undefined);
  const application = z
    .object({ ca_file: file, client_cert_file: file, client_key_file: file })
    .transform(camelCased)
    .catch({});
  return z
    .object({ admin, applications: z.array(application).catch([]) })
    .catch({ admin: undefined, applications: [] })
    .parse(value);
}

import { z } from 'zod';
import { applicationSchema } from '../../src/config/application-schema.js';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { configSchema } from '../../src/config/schema.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';

/** One key of the configuration, its block in front of it. */
interface KeyRow {
  readonly key: string;
  readonly description: string;
  /** In Markdown; empty where the key is required, or nothing stands for it. */
  readonly fallback: string;
}

const options = { directory: '/', actions: actionNames, providers };

/** The keys of a configuration outside its applications. */
export function configKeys(): KeyRow[] {
  return keysOf(z.toJSONSchema(configSchema(options), { io: 'input', unrepresentable: 'any' }));
}

/** The keys of an application, those that providers declare last, each with the title of its provider. */
export function applicationKeys(): KeyRow[] {
  const common = z.toJSONSchema(applicationSchema(options, {}), { io: 'input', unrepresentable: 'any' });
  const declared = providers.flatMap(({ title, settings = {} }) =>
    Object.entries(settings).map(([key, { description, default: fallback }]) => ({
      key,
      description: `${title}: ${description}`,
      fallback: fallback === undefined ? '' : `\`${fallback}\``,
    })),
  );
  return [...keysOf(common), ...declared];
}

/** What `boxbridge schema` prints. */
export const schemaForEditors = () => `${JSON.stringify(configJsonSchema(options), undefined, 2)}\n`;

/** Both as Markdown. */
export function configurationTable(): string {
  const tables = [configKeys(), applicationKeys()].map((rows) =>
    ['| key | what it says | default |', '|---|---|---|']
      .concat(rows.map(({ key, description, fallback }) => `| \`${key}\` | ${description} | ${fallback} |`))
      .join('\n')
      .replaceAll('|  |', '| |'),
  );
  return `\n${tables.join('\n\nOf each application:\n\n')}\n\n`;
}

/** The keys of a JSON schema of an object, those of a block after the block itself, which has a row if it is described. */
function keysOf(schema: z.core.JSONSchema.BaseSchema, block = ''): KeyRow[] {
  const parts = [schema, ...(schema.allOf ?? [])];
  return parts.flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([name, value]) => {
      if (typeof value === 'boolean') return [];
      const { description = '', unlessGiven, default: fallback } = value;
      const key = block + name;
      const row = { key, description, fallback: fallbackCell(unlessGiven, fallback) };
      const inner = keysOf(value, `${key}.`);
      return inner.length > 0 && description === '' ? inner : [row, ...inner];
    }),
  );
}

function fallbackCell(unlessGiven: unknown, fallback: unknown): string {
  if (typeof unlessGiven === 'string') return unlessGiven;
  return fallback === undefined ? '' : `\`${fallback}\``;
}

import { z } from 'zod';
import { applicationSchema } from './application-schema.js';
import { type ConfigOptions, configSchema } from './schema.js';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * The schema of configurations for editors, in draft 7: https://github.com/redhat-developer/yaml-language-server reads no later
 * one. What stands in a file, and what holds for several keys at once, is left to `boxbridge check`.
 */
export function configJsonSchema(options: Omit<ConfigOptions, 'directory'>): JsonSchema {
  const here = { ...options, directory: '/' };
  const whole = toJsonSchema(configSchema(here));
  return {
    title: 'The configuration of BoxBridge',
    ...whole,
    properties: {
      ...whole.properties,
      applications: { ...ofBlock(whole.properties, 'applications'), items: applicationItem(here) },
    },
    not: { required: ['store', 'store_file'] },
    definitions: { variable: VARIABLE },
  };
}

/** The keys that all applications have, then those that the provider of each decides. */
function applicationItem(options: ConfigOptions): JsonSchema {
  const { properties = {}, required = [] } = plain(toJsonSchema(applicationSchema(options, {})));
  const shadow = ofBlock(properties, 'shadow');
  const ofProvider = options.providers.map(({ name, settings }) => ({
    name,
    all: plain(toJsonSchema(applicationSchema(options, { settings }, { settings }))).properties ?? {},
  }));
  const itself = ofProvider.map(({ name, all }) => [name, all] as const);
  const ofShadow = ofProvider.map(({ name, all }) => [name, ofBlock(all, 'shadow').properties ?? {}] as const);
  return {
    type: 'object',
    properties: {
      ...properties,
      shadow: { ...plain(shadow), allOf: ofShadow.map(([name, all]) => ifProvider(name, all, shadow.properties)) },
    },
    required: required.filter((key) => key !== 'api_key'),
    oneOf: [{ required: ['api_key'] }, { required: ['api_key_file'] }],
    allOf: itself.map(([name, all]) => ifProvider(name, all, properties)),
  };
}

/** A module of one's own may declare any key: the others are refused of a provider with a name alone. */
function ifProvider(name: string, all: Properties, common: Properties = {}): JsonSchema {
  const known = Object.entries(all).map(([key, schema]) => [key, key in common ? {} : schema]);
  return {
    if: { properties: { provider: { const: name } }, required: ['provider'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
    then: { properties: Object.fromEntries(known), additionalProperties: false },
  };
}

type Properties = Readonly<Record<string, JsonSchema | boolean>>;

function ofBlock(properties: Properties = {}, key: string): JsonSchema {
  const found = properties[key];
  return typeof found === 'object' ? found : {};
}

/** Without the refusal of other keys. */
const plain = ({ additionalProperties, $schema, ...schema }: JsonSchema): JsonSchema => schema;

function toJsonSchema(schema: z.ZodType): JsonSchema {
  return withVariables(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' }));
}

const VARIABLE = {
  description: 'a variable of the environment',
  type: 'string',
  pattern: '\\$\\{[A-Za-z_]',
} as const satisfies JsonSchema;

/** A variable may stand for any value that is no block and no list. */
function withVariables({ unlessGiven, readOnly, description, default: fallback, ...schema }: JsonSchema): JsonSchema {
  const about = {
    ...(description !== undefined && { description: described(description, unlessGiven) }),
    ...(fallback !== undefined && { default: fallback }),
  };
  const { properties, items, anyOf } = schema;
  const isNarrow =
    schema.enum !== undefined || schema.pattern !== undefined || /^(integer|number|boolean)$/.test(`${schema.type}`);
  if (isNarrow) return { ...about, anyOf: [schema, { $ref: '#/definitions/variable' }] };
  return {
    ...about,
    ...schema,
    ...(anyOf && { anyOf: anyOf.map(withVariables) }),
    ...(typeof items === 'object' && !Array.isArray(items) && { items: withVariables(items) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, value]) => [
          key,
          typeof value === 'object' ? withVariables(value) : value,
        ]),
      ),
    }),
  };
}

const described = (description: string, unlessGiven: unknown) =>
  typeof unlessGiven === 'string' ? `${description}; unless given: ${unlessGiven}` : description;

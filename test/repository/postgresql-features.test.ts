import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = join(root, 'src/store');

/** What the statements use that not every database with the protocol of PostgreSQL has, by the name in the document. */
const features: Readonly<Record<string, RegExp>> = {
  '`INSERT … ON CONFLICT`': /\bON CONFLICT\b/,
  'a change with `RETURNING` inside `WITH`': /\bproposed AS \(\s*INSERT[\s\S]*RETURNING/,
  '`WITH RECURSIVE`': /\bWITH RECURSIVE\b/,
  '`UPDATE … FROM`': /\bUPDATE sessions SET[^;]*\bFROM\b/,
  '`unnest` of several arrays, `WITH ORDINALITY`': /\bunnest\([^)]*,[^)]*\)\s*WITH ORDINALITY\b/,
  '`array_agg(… ORDER BY …)`, `cardinality`, `= ANY (array)`': /\barray_agg\([^)]* ORDER BY|\bcardinality\(|= ANY \(/,
  '`row_number() OVER (PARTITION BY …)`': /\brow_number\(\) OVER \(PARTITION BY\b/,
  '`FOR UPDATE SKIP LOCKED`': /\bFOR UPDATE SKIP LOCKED\b/,
  'the system columns `ctid` and `xmax`': /\b(ctid|xmax)\b/,
  '`pg_advisory_xact_lock`': /\bpg_advisory_xact_lock\(/,
  '`LOCK TABLE … IN EXCLUSIVE MODE`': /\bLOCK TABLE [\w, ]+ IN EXCLUSIVE MODE\b/,
  '`REPEATABLE READ READ ONLY`': /\bISOLATION LEVEL REPEATABLE READ READ ONLY\b/,
  'several DDL statements in a transaction, with DML': /\bCREATE TABLE[\s\S]*;\s*INSERT INTO[\s\S]*;\s*CREATE TABLE\b/,
  'foreign keys and `CHECK`': /\bREFERENCES\b|\bCHECK\b/,
  '`COLLATE "C"` of a column': /\bCOLLATE "C"/,
  'comparison of rows': /\(created_at, sessions\.digest\) > \(/,
  '`to_regclass`, `current_setting`, `clock_timestamp`': /\b(to_regclass|current_setting|clock_timestamp)\(/,
  '`pg_is_in_recovery`, `current_schema`, `has_schema_privilege`, `has_table_privilege`':
    /\b(pg_is_in_recovery|current_schema|has_schema_privilege|has_table_privilege)\(/,
  '`statement_timeout`, `idle_in_transaction_session_timeout`, `SET LOCAL`':
    /\b(statement_timeout|SET LOCAL idle_in_transaction_session_timeout|SET default_transaction_read_only)\b/,
};

/** What all of them have. A word that is neither here nor in a feature fails the test: it belongs into one of the lists. */
const common = new Set(
  (
    'ADD ALL ALTER AND ANY AS BEGIN BETWEEN BY CASE CHECK COLLATE COLUMN COMMIT CONFLICT CREATE DELETE DESC DO ELSE END EXCLUSIVE EXISTS FOR FROM GROUP IN ' +
    'INDEX INSERT INTO ISOLATION JOIN KEY LEFT LEVEL LIMIT LOCAL LOCK LOCKED MODE NOT NOTHING NULL OFFSET ON ONLY OR ORDER ' +
    'ORDINALITY OVER PARTITION PRIMARY READ RECURSIVE REFERENCES REPEATABLE RETURNING SELECT SET SKIP TABLE THEN UNION UNIQUE UPDATE USING ' +
    'VALUES WHEN WHERE WITH ' +
    'array_agg cardinality clock_timestamp coalesce count current_schema current_setting extract greatest has_schema_privilege has_table_privilege least max min pg_advisory_xact_lock pg_is_in_recovery ' +
    'row_number sum to_regclass unnest varchar'
  ).split(' '),
);

/** The statements of the store, without comments, as one text for each file. */
const files = readdirSync(folder).filter((name) => /^postgres(?!-url).*\.ts$/.test(name));
const texts = files.map((name) =>
  readFileSync(join(folder, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''),
);
const statements = texts.flatMap((text) =>
  [...text.matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`]*)`/g)]
    .map(([, single, double, template]) => single ?? double ?? template ?? '')
    .filter((sql) => /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|LOCK|SET|BEGIN|COMMIT|ALTER|ISOLATION)\b/.test(sql)),
);

const document = readFileSync(join(root, 'docs/postgresql-features.md'), 'utf8');
const rows = (title: string) => {
  const [, section = ''] = document.split(`## ${title}\n`);
  return (section.split('\n## ')[0] ?? '').split('\n').flatMap((line) => /^\| (.*?) \|/.exec(line)?.[1] ?? []);
};

describe('the features of PostgreSQL', () => {
  test('there are statements', () => {
    expect(statements.length).toBeGreaterThan(40);
  });

  test.each(Object.entries(features))('%s is used', (_name, pattern) => {
    expect(texts.some((text) => pattern.test(text))).toBe(true);
  });

  test('no statement uses a word or a function that is not listed', () => {
    const words = statements.flatMap((sql) => [
      ...(sql.match(/\b[A-Z]{2,}\b/g) ?? []),
      ...[...sql.matchAll(/\b([a-z_]+)\(/g)].map(([, name = '']) => name),
    ]);
    expect([...new Set(words)].filter((word) => !common.has(word))).toEqual([]);
  });

  test('are those of docs/postgresql-features.md, in its order', () => {
    const named = rows('What the store uses').filter((name) => name !== 'feature' && !name.startsWith('---'));
    expect(named).toEqual(Object.keys(features));
  });
});

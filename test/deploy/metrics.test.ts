import { expect, test } from '@jest/globals';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { afterwards } from '../support/cleanup.js';
import { startBridge } from '../support/servers/bridge.js';
import { canned, startUpstream } from '../support/servers/upstream.js';
import { textOf } from './files.js';

const dashboard = JSON.parse(textOf('grafana/boxbridge.json'));
const [{ rules }] = parse(textOf('prometheus/alerts.yaml')).groups;

const expressions: readonly string[] = [
  ...rules.map(({ expr }: { expr: string }) => expr),
  ...dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) => targets.map(({ expr }) => expr)),
].map((expr) => expr.replaceAll('$__rate_interval', '5m'));

/** What Prometheus adds, and what it says of a scrape by itself. */
const OF_PROMETHEUS = ['up', 'job', 'instance'];

/** The names of metrics and labels in a PromQL expression. Throws where it is none. */
function namesIn(expression: string): string[] {
  const names: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ name, from, to, type }) => {
      if (type.isError) throw new Error(`${expression} is wrong at ${from}`);
      if (name === 'Identifier' || name === 'LabelName') names.push(expression.slice(from, to));
    },
  });
  return names;
}

/** The names of the metrics and labels that a bridge tells after a call of its page, with an API and a limits_store that are down. */
async function namesOfBridge(): Promise<Set<string>> {
  const upstream = await startUpstream(canned({}));
  afterwards(upstream.close);
  const bridge = await startBridge({
    limits_store: 'valkey://127.0.0.1:1',
    applications: [{ api_key: 'k', provider: 'previsto', base_url: upstream.url, credentials: 'vault' }],
  });
  afterwards(bridge.close);
  const rest = (query: string) => fetch(`${bridge.url}/api/1.0/rest?${query}`).then((response) => response.text());
  const ticket = /<ticket>(.+)<\/ticket>/.exec(await rest('action=get_ticket&api_key=k'))?.[1];
  await rest('action=get_account_tree&api_key=k');
  const page = `${bridge.url}/api/1.0/auth/${ticket}`;
  await fetch(page, { method: 'POST', body: new URLSearchParams({ login: 'a', password: 'b' }) });
  const text = await fetch(`${bridge.url}/metrics`).then((response) => response.text());
  const samples = [...text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)];
  return new Set(
    samples.flatMap(([, name = '', labels = '']) =>
      [name, ...labels.matchAll(/(\w+)="/g)].map((it) => (typeof it === 'string' ? it : (it[1] ?? ''))),
    ),
  );
}

test('the dashboard and the alerts ask for what a bridge tells', async () => {
  const known = new Set([...(await namesOfBridge()), ...OF_PROMETHEUS]);
  expect(expressions.length).toBeGreaterThan(20);
  const asked = new Set(expressions.flatMap(namesIn));
  expect(asked).toContain('boxbridge_calls_total');
  expect(asked).toContain('base_url');
  expect([...asked].filter((name) => !known.has(name))).toEqual([]);
});

test.each(['rate(up[5m]', 'sum by (a b) (up)', 'up{job=boxbridge}'])('%s is no PromQL', (expression) => {
  expect(() => namesIn(expression)).toThrow('is wrong at');
});

test('every alert has a name, a severity and words for people', () => {
  for (const { alert, labels, annotations } of rules) {
    expect(alert).toMatch(/^BoxBridge[A-Z]\w+$/);
    expect(labels.severity).toMatch(/^(warning|critical)$/);
    expect(annotations.summary.length).toBeGreaterThan(20);
  }
});

test('the words of an alert name labels that its expression leaves', () => {
  for (const { alert, expr, annotations } of rules) {
    const used = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    const grouped = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(/,\s*/);
    for (const label of used)
      expect({ alert, kept: grouped ?? OF_PROMETHEUS }).toEqual({ alert, kept: expect.arrayContaining([label]) });
  }
});

test('no panel lies over another', () => {
  const places = dashboard.panels.map(({ gridPos: { x, y } }: { gridPos: { x: number; y: number } }) => `${x},${y}`);
  expect(new Set(places).size).toBe(places.length);
});

import { setImmediate as endOfTurn } from 'node:timers/promises';

interface Registered {
  readonly getMetricsAsArray: () => readonly { readonly name: string }[];
  readonly getSingleMetricAsString: (name: string) => Promise<string>;
}

/** All metrics of a registry. One alone takes long where there are thousands of applications: between them calls have their turn. */
export async function textInTurns(registry: Registered): Promise<string> {
  const texts: string[] = [];
  for (const { name } of registry.getMetricsAsArray()) {
    await endOfTurn();
    texts.push(await registry.getSingleMetricAsString(name));
  }
  return `${texts.join('\n\n')}\n`;
}

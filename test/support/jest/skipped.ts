/** What Jest gives a reporter at the end, as far as it is read here. */
interface Results {
  readonly testResults: readonly {
    readonly testFilePath: string;
    readonly testResults: readonly {
      readonly status: string;
      readonly ancestorTitles: readonly string[];
      readonly title: string;
    }[];
  }[];
}

/**
 * The groups of tests that were skipped, one line each: where they are, their title, which has the reason, and how many
 * they are.
 */
export function skippedIn({ testResults }: Results, root: string): string[] {
  return testResults.flatMap(({ testFilePath, testResults: tests }) => {
    const groups = new Map<string, number>();
    for (const { status, ancestorTitles, title } of tests) {
      if (status !== 'pending' && status !== 'todo') continue;
      const group = ancestorTitles[0] ?? title;
      groups.set(group, (groups.get(group) ?? 0) + 1);
    }
    const suite = testFilePath.replace(`${root}/dist/test/`, '').replace(/\.test\.js$/, '');
    return [...groups].map(([group, count]) => `  ${suite}: ${group}, ${count} ${count === 1 ? 'test' : 'tests'}`);
  });
}

/** A reporter of Jest, which makes it with `new`: lists at the end what this machine could not run. */
export default function skippedReporter({ rootDir, testNamePattern }: { rootDir: string; testNamePattern?: string }) {
  return {
    onRunComplete: (_contexts: unknown, results: Results) => {
      // With `-t` all others are skipped, as was asked for.
      const lines = testNamePattern ? [] : skippedIn(results, rootDir);
      if (lines.length > 0) process.stderr.write(`\nSkipped, and why:\n${lines.join('\n')}\n`);
    },
  };
}

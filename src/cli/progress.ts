import { Presets, SingleBar } from 'cli-progress';

/** Shows how far long work is: a bar on a terminal, lines elsewhere. Both go to standard error. */
export interface Progress {
  readonly advance: (by: number) => void;
  readonly stop: () => void;
}

/** Milliseconds between two lines. */
const LINES_MS = 5000;

/** `total` is in whatever unit `advance` counts. */
export function createProgress(what: string, total: number, output: NodeJS.WriteStream = process.stderr): Progress {
  return output.isTTY ? bar(what, total, output) : lines(what, total, output);
}

function bar(what: string, total: number, stream: NodeJS.WriteStream): Progress {
  const shown = new SingleBar(
    { format: `${what} {bar} {percentage} %`, stream, clearOnComplete: true },
    Presets.shades_grey,
  );
  shown.start(total, 0);
  return { advance: (by) => shown.increment(by), stop: () => shown.stop() };
}

function lines(what: string, total: number, output: NodeJS.WriteStream): Progress {
  let done = 0;
  let told = performance.now();
  return {
    advance: (by) => {
      done += by;
      const now = performance.now();
      if (now - told < LINES_MS) return;
      told = now;
      output.write(`${what}: ${Math.floor((100 * done) / total)} %\n`);
    },
    stop: () => {},
  };
}

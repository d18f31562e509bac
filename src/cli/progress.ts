import { Presets, SingleBar } from 'cli-progress';

/** Shows how far long work is: a bar on a terminal, lines elsewhere. Both go to standard error. */
export interface Progress {
  readonly advance: (by: number) => void;
  readonly stop: () => void;
}

/** Milliseconds between two lines. */
const LINES_MS = 5000;

/** A stream that may be a terminal. */
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** `total` is in whatever unit `advance` counts; `now` gives milliseconds. */
export function createProgress(what: string, total: number, output: Output, now = () => performance.now()): Progress {
  return output.isTTY ? bar(what, total, output) : lines(what, total, output, now);
}

function bar(what: string, total: number, stream: Output): Progress {
  const format = `${what} {bar} {percentage} %`;
  const shown = new SingleBar({ format, stream, clearOnComplete: true }, Presets.shades_grey);
  shown.start(total, 0);
  return { advance: (by) => shown.increment(by), stop: () => shown.stop() };
}

function lines(what: string, total: number, output: Output, now: () => number): Progress {
  let done = 0;
  let told = now();
  return {
    advance: (by) => {
      done += by;
      if (now() - told < LINES_MS) return;
      told = now();
      output.write(`${what}: ${Math.floor((100 * done) / total)} %\n`);
    },
    stop: () => {},
  };
}

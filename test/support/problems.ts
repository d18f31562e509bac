/** The lines on standard error that are more than news: all but those that a log has at the level `info`. */
export function problemsIn(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !/^\{"level":"info",.*\}$/.test(line));
}

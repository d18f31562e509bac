/** What one request, or one reply of a modern API, costs a bridge. */
export interface WorstCase {
  readonly name: string;
  /** On the wire. */
  readonly bytes: number;
  /** Milliseconds of CPU, of all threads, in the best of several tries. */
  readonly cpuMs: number;
  /** What was allocated until the reply, in MiB. */
  readonly megabytes: number;
}

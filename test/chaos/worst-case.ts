export interface WorstCase {
  readonly name: string;
  readonly bytes: number;
  readonly cpuMs: number;
  readonly megabytes: number;
}

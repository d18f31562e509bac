import { totalmem } from 'node:os';

/** What tells that this process has more work than it can do. */
export interface Overload {
  /** Why no call should be admitted now; undefined where nothing speaks against it. */
  readonly reason: () => string | undefined;
  readonly change: (limits: OverloadLimits) => void;
  readonly close: () => void;
}

export interface OverloadLimits {
  /** The most memory of this process, in bytes (RSS). */
  readonly memoryBytes: number;
  /** How late a timer may be twice in a row, in milliseconds: one late timer is a pause, not an overload. */
  readonly delayMs: number;
}

export interface OverloadOptions extends OverloadLimits {
  /** How often both are looked at, in milliseconds; 500 unless given. */
  readonly everyMs?: number;
}

/** Watches the memory of this process, and how late its timers are. */
export function watchOverload({ everyMs = 500, ...given }: OverloadOptions): Overload {
  let limits: OverloadLimits = given;
  let reason: string | undefined;
  let lookedAt = performance.now();
  let wasLate = false;
  let bytes = 0;
  const measure = () => {
    try {
      bytes = process.memoryUsage.rss();
    } catch {
      // It is read from a file, which a process without a free descriptor cannot open: what was known last counts.
    }
  };
  const look = () => {
    const { memoryBytes, delayMs } = limits;
    const now = performance.now();
    const isLate = now - lookedAt - everyMs > delayMs;
    const isBehind = isLate && wasLate;
    lookedAt = now;
    wasLate = isLate;
    measure();
    if (bytes > memoryBytes) reason = 'the memory of the process is over its limit';
    else reason = isBehind ? 'the process is too far behind' : undefined;
  };
  const timer = setInterval(look, everyMs).unref();
  return {
    reason: () => reason,
    change: (next) => {
      limits = next;
    },
    close: () => clearInterval(timer),
  };
}

/** Four fifths of the memory that the machine, or its container, has: https://nodejs.org/api/process.html#processconstrainedmemory. */
export function defaultMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  const available = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return available * 0.8;
}

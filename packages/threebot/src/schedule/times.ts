/** When something is due next. No clock and no chance in here: both are handed in. */

const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** After a good run: the interval, a little more or less, so that a thousand 3Bots spread over the day and stay so. */
export function nextRegular(now: number, everyMs: number, jitter: () => number): number {
  return now + everyMs * (0.95 + 0.1 * jitter());
}

/** After so many failures in a row: soon, then less and less often, but never later than the regular run would be. */
export function nextAttempt(now: number, failures: number, everyMs: number, jitter: () => number): number {
  const wait = Math.min(5 * minute * 2 ** Math.min(Math.max(0, failures - 1), 10), 6 * hour, everyMs);
  return now + wait * (0.75 + 0.5 * jitter());
}

/** What was missed while the service did not run: soon, but not all at the same moment after a power failure. */
export function nextMissed(now: number, everyMs: number, jitter: () => number): number {
  return now + Math.min(15 * minute, everyMs / 20) * jitter();
}

/**
 * The process's local time zone: how far local time is ahead of UTC at an instant, to the second.
 *
 * restic writes every time in local time, and a backup asks three times per file. Asking JavaScript's `Date` costs
 * more than a microsecond, so what it says is kept for slots of 15 minutes.
 */

const SLOT_SECONDS = 900;
const SLOTS = 4096;
/** Beyond this, `Date` knows no dates; well inside of it, the calendar repeats every 400 years. */
const DATE_LIMIT_SECONDS = 8.64e12 - 86_400;
const CYCLE_SECONDS = 146_097 * 86_400;

/** For slot s, at s mod SLOTS: s, and the offset that holds all through it. */
const slotNumbers = new Float64Array(SLOTS).fill(Number.NaN);
const slotOffsets = new Int32Array(SLOTS);

/** Asks `Date`. `getTimezoneOffset` would do, but drops the seconds that zones of old had. */
function offsetNow(seconds: number): number {
  let inside = seconds;
  if (Math.abs(seconds) > DATE_LIMIT_SECONDS) inside = seconds % CYCLE_SECONDS;
  // Rules of daylight saving time reach into all of the future, so stay on the same side of today.
  if (inside !== seconds) inside += Math.sign(seconds) * 20 * CYCLE_SECONDS;
  const date = new Date(inside * 1000);
  const local = new Date(0);
  local.setUTCFullYear(date.getFullYear(), date.getMonth(), date.getDate());
  local.setUTCHours(date.getHours(), date.getMinutes(), date.getSeconds());
  return local.getTime() / 1000 - inside;
}

/** Seconds that local time is ahead of UTC, `seconds` (an integer) after the epoch. */
export function localOffset(seconds: number): number {
  const slot = Math.floor(seconds / SLOT_SECONDS);
  const at = ((slot % SLOTS) + SLOTS) % SLOTS;
  if (slotNumbers[at] === slot) return slotOffsets[at] ?? 0;
  const first = offsetNow(slot * SLOT_SECONDS);
  const last = offsetNow(slot * SLOT_SECONDS + SLOT_SECONDS - 1);
  // The clocks change within this slot: it cannot be kept.
  if (first !== last) return offsetNow(seconds);
  slotNumbers[at] = slot;
  slotOffsets[at] = first;
  return first;
}

/** To be called after `process.env.TZ` was changed. */
export function forgetLocalOffsets(): void {
  slotNumbers.fill(Number.NaN);
}

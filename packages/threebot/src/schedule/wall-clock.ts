/** The time of day; tests put another clock in its place, and let days pass. */
import { systemClock, type Clock } from "@tastic/storage";

export const wallClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) => systemClock.sleep(milliseconds, signal),
};

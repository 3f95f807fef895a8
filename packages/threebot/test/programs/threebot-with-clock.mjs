/**
 * The command `3bot-backup` with a clock that is turned from outside: node threebot-with-clock.mjs START ARGUMENT…
 * Each line that it reads is a number of milliseconds by which time goes on, as soon as the schedule waits for it; each is
 * answered with `it is TIME`. It ends when there are no more lines.
 */
import { createInterface } from "node:readline";
import { createOwnerService } from "@tastic/threebot";
import { main } from "../../dist/command/main.js";

const [start, ...args] = process.argv.slice(2);
let now = Number(start);
const sleepers = new Set();
const clock = {
  now: () => now,
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = { at: now + milliseconds, wake };
      function wake() {
        sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      }
      signal?.addEventListener("abort", wake, { once: true });
      sleepers.add(sleeper);
    }),
};

const ending = new AbortController();
const terminal = {
  variables: {},
  input: process.stdin,
  output: process.stdout,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  signal: ending.signal,
};
const ended = main(args, terminal, (place) => createOwnerService({ ...place, clock, jitter: () => 0.5 }));
ended.then((code) => process.exit(code));

for await (const line of createInterface({ input: process.stdin })) {
  while (sleepers.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  now += Number(line);
  for (const { at, wake } of sleepers) if (at <= now) wake();
  console.log(`it is ${new Date(now).toISOString()}`);
}
ending.abort();

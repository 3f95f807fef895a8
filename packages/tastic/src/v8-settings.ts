/**
 * Settings of V8 for commands, which work much outside its heap and mostly end soon, and for servers, in which nearly
 * everything is garbage at once.
 *
 * - Garbage may grow to twice of what is alive rather than to four times, and the young generation keeps the 3 MiB that
 *   it begins with rather than growing to 48: that costs little time that can be measured here, and makes a fifth less
 *   memory of a backup.
 * - Functions are optimized six times later. What a command spends its time in is WebAssembly and Node itself; of our
 *   own functions many would be compiled, on each thread, shortly before their work is over: a tenth of the processor's
 *   time of a short command.
 */
import nodeModule from "node:module";
import { setFlagsFromString } from "node:v8";

let areSet = false;

/**
 * To be called when everything is loaded, as often as that is thought, and taken back at the end: V8 does not use what
 * was compiled under other settings, neither what Node brings along of itself nor what it keeps of us from one start to
 * the next.
 */
export function setV8ForCommands(): void {
  if (areSet) return;
  areSet = true;
  setFlags();
  // A thread that starts sets them back for all.
  process.on("worker", (worker) => worker.once("online", setFlags));
  process.once("exit", () => {
    setFlagsFromString("--heap-growing-percent=0");
    setFlagsFromString("--semi-space-growth-factor=2");
  });
}

function setFlags(): void {
  setFlagsFromString("--heap-growing-percent=100");
  setFlagsFromString("--semi-space-growth-factor=1");
  // Where Node keeps what it compiled it is not known what to set this back to, and there is less to be compiled.
  if (!("enableCompileCache" in nodeModule)) setFlagsFromString("--interrupt-budget=400000");
}

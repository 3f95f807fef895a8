/** How many threads work beside the main one: a flag that restic does not have. */
import { readNatural } from "./flags.js";
import type { Flag } from "./flags.js";

export const workersFlag: Flag<number | undefined> = {
  hint: "n",
  help: "use n threads beside the main one; 0 does all on that one",
  initial: undefined,
  variable: "WORKERS",
  read: readNatural,
};

/** Flags of all commands that work with the state of a 3Bot. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Log } from "@tastic/rest-server";
import type { OwnerService } from "../owner/service.js";
import type { Flags, FlagValues } from "./flags.js";
import type { Terminal } from "./terminal.js";

export const stateFlags = {
  state: { value: "FOLDER", help: "where the service keeps what it remembers (~/.local/state/3bot-backup)" },
  home: { value: "FOLDER", help: "the home folder of the 3Bot (that of the user)" },
  marketplace: { value: "URL", help: "of the marketplace (variable MARKETPLACE_URL)" },
  root: {
    value: "FOLDER",
    help: "that may be backed up and restored to; several times (the home folder)",
    many: true,
  },
} satisfies Flags;

/** What a 3Bot's service is made with. */
export interface OwnerPlace {
  readonly stateFolder: string;
  readonly home: string;
  readonly marketplaceUrl: string | undefined;
  /** Folders that may be backed up and restored to; the home folder if not given. */
  readonly restoreRoots: readonly string[] | undefined;
  readonly log: Log;
}

/** `createOwnerService`, or what stands for it in a test. */
export type OpenOwner = (place: OwnerPlace) => Promise<OwnerService>;

export function ownerPlace(
  flags: FlagValues<keyof typeof stateFlags>,
  { variables }: Terminal,
  log: Log,
): OwnerPlace {
  const home = resolve(flags.text("home") ?? homedir());
  const roots = flags.texts("root").map((folder) => resolve(folder));
  const states = variables["XDG_STATE_HOME"] ?? join(home, ".local", "state");
  return {
    stateFolder: resolve(flags.text("state") ?? join(states, "3bot-backup")),
    home,
    marketplaceUrl: flags.text("marketplace") ?? variables["MARKETPLACE_URL"],
    restoreRoots: roots.length === 0 ? undefined : roots,
    log,
  };
}

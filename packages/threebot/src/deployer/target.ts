/**
 * Where a 3Bot runs. What a target does may be repeated: after a process that was killed nobody knows how far it came.
 * Secrets go to a target in a handover, which travels through a pipe or a file that only its owner can read; they are in
 * no argument, no variable and no log.
 */
import * as v from "valibot";

/** What a new 3Bot is given, once, so that it can set itself up without anybody typing it again. */
export const handover = v.object({
  name: v.string(),
  /** Leads to the login secret and to the repositories; and is the first password of the 3Bot's page. */
  password: v.string(),
  /** The marketplace's URL. */
  marketplace: v.string(),
  /** `create` begins with nothing, `recover` brings back the newest complete state before anything is backed up. */
  intent: v.picklist(["create", "recover"]),
  /** A token of the 3Bot's interface, by which the deployer asks for a backup before a move. */
  apiToken: v.string(),
});

export type Handover = v.InferOutput<typeof handover>;

export interface Target {
  /** What it is called: "process", "server-2". Stays the same: records refer to it. */
  readonly id: string;
  /** Makes room for a 3Bot and hands over what it needs; replaces what was handed over before. */
  prepare(given: Handover): Promise<void>;
  /** Starts it, unless it runs. Returns the URL of its page. */
  start(name: string): Promise<{ readonly address: string }>;
  /** Ends it in order, and returns when it has ended. Its data stay. */
  stop(name: string): Promise<void>;
  status(name: string): Promise<"running" | "stopped" | "absent">;
  /** Removes it with its data. It is not running. */
  remove(name: string): Promise<void>;
}

/**
 * How a hosted 3Bot begins: whoever starts it says, by a handover or by flags, what it is called, with which password its
 * backups open, and whether it is new or comes back. What has been done once is not done again at the next start.
 */
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import { storageError } from "@tastic/storage";
import type { OwnerService } from "../owner/service.js";
import { isAllBack, untilEnded } from "../owner-api/until-ended.js";

export interface Beginning {
  readonly name: string;
  /** Needed until it has begun. */
  readonly password: string | undefined;
  /** Of a name that is not registered yet. */
  readonly token: string | undefined;
  readonly intent: "create" | "recover";
  /** Removed when nobody needs it any more. */
  readonly file: string | undefined;
}

const firstPause = 5_000;
const longestPause = 5 * 60_000;

/** Goes on trying while the marketplace cannot be reached; resolves when it has begun, or cannot. */
export async function begin(
  owner: OwnerService,
  beginning: Beginning,
  log: Log,
  signal: AbortSignal,
  pause = firstPause,
): Promise<void> {
  for (let wait = pause; !signal.aborted; wait = Math.min(2 * wait, longestPause)) {
    try {
      if (await hasBegun(owner, beginning, log, signal)) await forget(beginning);
      return;
    } catch (error) {
      if (signal.aborted) return;
      const mayPass = isTasticError(error, "storage-failed");
      log[mayPass ? "warn" : "error"](`the 3Bot does not begin: ${messageOf(error)}`);
      if (!mayPass) return;
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function hasBegun(
  owner: OwnerService,
  { name, password, token, intent }: Beginning,
  log: Log,
  signal: AbortSignal,
): Promise<boolean> {
  const { places } = await owner.status();
  if (places.find(({ place }) => place === "marketplace")?.state === "ready") return true;
  if (password === undefined)
    throw new TasticError("no-password", "the password of the backups is needed to begin", {
      guidance: "Put it into a file for --password-file, or into the variable BACKUP_PASSWORD.",
    });
  if (intent === "create") {
    const { state } = await owner.setUpMarketplace({ name, password, token });
    if (state === "recovery-undecided")
      log.warn("there are backups of this name already: the page asks what is to become of them", { name });
    return true;
  }
  log.info("bringing the backups back", { name });
  const begun = await owner.recover({ from: { place: "marketplace", name, password } });
  const run = await untilEnded(owner, begun, undefined, signal);
  if (isAllBack(run)) {
    if (run.problem !== undefined) log.warn(`everything is back, but ${run.problem.message}`, { name });
    return true;
  }
  throw new TasticError("incomplete", run.problem?.message ?? `the recovery is ${run.state}`);
}

async function forget({ file }: Beginning): Promise<void> {
  if (file === undefined) return;
  try {
    await rm(file, { force: true });
  } catch (error) {
    throw storageError(error, "remove", file);
  }
}

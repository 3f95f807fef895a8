/** What there is in the copies of a 3Bot's backups, each looked into by itself: one that is down hides nothing of the other. */
import { isTasticError, messageOf } from "@tastic/errors";
import { createRestStorage, parseRestLocation } from "@tastic/storage-rest";
import { listSnapshots, Repository } from "tastic";
import { serverSecret, type Credentials } from "../identity/credentials.js";
import type { BackupPlaces } from "../marketplace/protocol.js";

export interface FoundCopy {
  readonly url: string;
  readonly snapshots: number;
  /** When the newest was made, RFC 3339. */
  readonly newest: string | undefined;
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

/** A person waits for it, in milliseconds. */
const patience = 10_000;

export function findCopies({ copies }: BackupPlaces, credentials: Credentials): Promise<FoundCopy[]> {
  return Promise.all(
    copies.map(async (copy): Promise<FoundCopy> => {
      const { url } = copy;
      try {
        return { url, ...(await inTime(look(copy, credentials))), problem: undefined };
      } catch (error) {
        // An empty account is no problem: nothing has been backed up yet.
        const none = isTasticError(error, "no-repository");
        const code = isTasticError(error) ? error.code : "internal";
        const problem = none ? undefined : { code, message: messageOf(error) };
        return { url, snapshots: 0, newest: undefined, problem };
      }
    }),
  );
}

async function look(
  { url, account, server }: BackupPlaces["copies"][number],
  { loginSecret, repositoryPassword }: Credentials,
): Promise<{ readonly snapshots: number; readonly newest: string | undefined }> {
  const storage = createRestStorage({
    location: parseRestLocation(`rest:${url}`),
    credentials: { username: account, password: serverSecret(loginSecret, account, server) },
    userAgent: "3bot-backup",
  });
  try {
    const repository = await Repository.open(storage, { password: repositoryPassword });
    const snapshots = await listSnapshots(repository);
    return { snapshots: snapshots.length, newest: snapshots.at(-1)?.time };
  } finally {
    await storage.close();
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patience / 1000} seconds`)), patience);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

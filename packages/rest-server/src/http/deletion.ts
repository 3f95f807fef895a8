/**
 * `DELETE` of an object. What is not there any more was deleted, for a client that asks twice. What is there goes to
 * the trash, from where the operator can bring it back. Locks go at once, but only by who made them, or when stale.
 */
import { isTasticError } from "@tastic/errors";
import { describeFile, type StorageFile } from "@tastic/storage";
import { checkConditions, entityTag } from "./conditions.js";
import type { Exchange } from "./exchange.js";
import { refusal } from "./refusal.js";
import { wordOf } from "./request-path.js";
import { sendEmpty } from "./respond.js";
import type { Services } from "./services.js";

export async function deletion(exchange: Exchange, file: StorageFile, services: Services): Promise<void> {
  const { request, store, policy, account, repository, response } = exchange;
  if (policy.appendOnly && file.type !== "lock") {
    throw refusal(403, "access-denied", `${describeFile(file)} is in an append-only repository`);
  }
  const now = services.now();
  let size: number;
  try {
    const facts = await store.stat(file);
    size = facts.size;
    checkConditions(request, entityTag(file, facts));
    if (file.type === "lock") {
      await services.lockOwners.checkRemoval(exchange, file, facts.modified);
      await store.remove(file);
      await services.lockOwners.forget(exchange, file);
    } else if (policy.trashDays > 0) {
      await store.discard(file, account, now);
    } else {
      await store.remove(file);
    }
  } catch (error) {
    if (!isTasticError(error, "not-found")) throw error;
    return sendEmpty(response, 200);
  }
  const into = file.type !== "lock" && policy.trashDays > 0 ? "trash" : "nothing";
  services.usage.removed(exchange.path.folders, size, into);
  services.metrics.deleted(exchange, wordOf(file.type), size);
  if (file.type !== "lock") {
    await services.audit.record({
      event: "deleted",
      account,
      repository,
      type: wordOf(file.type),
      object: file.name,
      into,
    });
  }
  sendEmpty(response, 200);
}

/**
 * `POST {repository}/{type}/{id}` and `POST {repository}/config`: storing an object, once. It is visible only after all
 * of it has come, has the hash that is its name, and is on the disk.
 *
 * An upload of what is there already succeeds where both are the same, in append-only repositories too, since a client
 * whose answer got lost tries again (restic/rest-server#196). It never changes what is there, unless that is damaged.
 */
import { isTasticError, TasticError } from "@tastic/errors";
import { describeFile, type StorageFile } from "@tastic/storage";
import { hashOfStored } from "../stores/hash-of-stored.js";
import type { ObjectFacts, ObjectWriter } from "../stores/object-store.js";
import { checkConditions, checkConditionsOfNew, entityTag } from "./conditions.js";
import type { Exchange } from "./exchange.js";
import { declaredLength, receiveBody, type Received } from "./receive-body.js";
import { refusal } from "./refusal.js";
import { wordOf } from "./request-path.js";
import { sendEmpty } from "./respond.js";
import type { Reservation, Services } from "./services.js";

export async function upload(exchange: Exchange, file: StorageFile, services: Services): Promise<void> {
  const { request, store } = exchange;
  const there = await factsOf(exchange, file);
  if (there !== undefined) {
    checkConditions(request, entityTag(file, there));
    return uploadAgain(exchange, file, services);
  }
  checkConditionsOfNew(request);

  const declared = declaredLength(request);
  const reservation = await services.usage.reserve(exchange, file);
  let writer: ObjectWriter | undefined;
  let stored = false;
  let received: Received;
  try {
    // What is known to be too much is refused before anything is opened.
    if (declared !== undefined) reservation.add(declared);
    writer = await store.begin(file, declared);
    received = await receive(
      exchange,
      file,
      services,
      writer,
      declared === undefined ? reservation : undefined,
    );
    if (services.settings.verifyUploads && file.type !== "config" && received.hash !== file.name) {
      throw wrongHash(file);
    }
    if (file.type === "lock") await services.lockOwners.claim(exchange, file);
    stored = (await writer.commit()) === "stored";
  } catch (error) {
    await writer?.abort();
    throw error;
  } finally {
    reservation.settle(stored);
  }
  if (!stored) {
    // Somebody else was quicker with the same object.
    const other = await factsOf(exchange, file);
    if (other !== undefined) checkConditions(request, entityTag(file, other));
    await compareWithStored(exchange, file, received, services);
  }
  services.metrics.written(exchange, wordOf(file.type), received.length);
  sendEmpty(exchange.response, 200, reservation.headers());
}

/** An upload of what is there. Nothing is written, so that it succeeds on a full disk and over quota, too. */
async function uploadAgain(exchange: Exchange, file: StorageFile, services: Services): Promise<void> {
  const received = await receive(exchange, file, services, undefined, undefined);
  await compareWithStored(exchange, file, received, services);
  sendEmpty(exchange.response, 200);
}

function receive(
  { request }: Exchange,
  file: StorageFile,
  { settings }: Services,
  writer: ObjectWriter | undefined,
  reservation: Reservation | undefined,
): Promise<Received> {
  return receiveBody(request, {
    writer,
    // Of a config, too: it may be compared with the one that is there.
    hash: settings.verifyUploads || writer === undefined || file.type === "config",
    maximumLength: settings.maximumObjectSize,
    admit: reservation && ((bytes) => reservation.add(bytes)),
    patience: settings.bodyPatience,
    minimumBytes: settings.minimumBodyBytes,
  });
}

/** Throws a refusal unless what is stored is what was sent. */
async function compareWithStored(
  exchange: Exchange,
  file: StorageFile,
  received: Received,
  services: Services,
): Promise<void> {
  const { store } = exchange;
  const good = file.type === "config" || received.hash === file.name;
  if (received.hash === "" || !good) throw overwrite(file);
  let stored: string;
  try {
    stored = await hashOfStored(store, file);
  } catch (error) {
    if (isTasticError(error, "not-found")) throw tryAgain(file, error);
    throw error;
  }
  if (stored === received.hash) return;
  if (file.type === "config") throw overwrite(file);
  // What is stored is not what its name says, and the client has the right bytes: it is asked for them again.
  const message = `${describeFile(file)} in ${store.location} did not match its name; moved to the trash for a new upload`;
  services.log.error(message, { repository: exchange.repository, object: file.name });
  const { size } = await store.stat(file);
  await store.discard(file, exchange.account, services.now());
  services.usage.removed(exchange.path.folders, size, "trash");
  await services.audit.record({
    event: "damaged-object-replaced",
    account: exchange.account,
    repository: exchange.repository,
    type: wordOf(file.type),
    object: file.name,
  });
  throw tryAgain(file, undefined);
}

async function factsOf({ store }: Exchange, file: StorageFile): Promise<ObjectFacts | undefined> {
  try {
    return await store.stat(file);
  } catch (error) {
    if (isTasticError(error, "not-found")) return undefined;
    throw error;
  }
}

function wrongHash(file: StorageFile): TasticError {
  return refusal(
    400,
    "hash-mismatch",
    `the upload of ${describeFile(file)} does not have the hash that is its name`,
  );
}

function overwrite(file: StorageFile): TasticError {
  return refusal(403, "already-exists", `${describeFile(file)} is there already, with other content`);
}

function tryAgain(file: StorageFile, cause: unknown): TasticError {
  const error = refusal(503, "storage-failed", `${describeFile(file)} has to be sent again`, {
    headers: { "retry-after": "1" },
  });
  return cause === undefined
    ? error
    : new TasticError(error.code, error.message, { data: error.data, cause });
}

/**
 * How a place comes to hold backups: the marketplace with a name and a password, Minio with its fields. Nothing is written
 * down before all of it works, so that what worked before stays when something new does not.
 */
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import type { StoredSnapshot } from "tastic";
import type { CopyAccess, RestAccess, S3Access } from "../copies/copy-store.js";
import { isUnknownLogin, MarketplaceClient } from "../copies/marketplace-client.js";
import { mergeSnapshots } from "../copies/merged-snapshots.js";
import { initCopy, isAbsent, openCopy, type OpenedCopy } from "../copies/opened-copy.js";
import { checkHost, parseSafeUrl } from "../copies/safe-url.js";
import { deriveCredentials, type Credentials } from "../identity/credentials.js";
import { parseName, type ThreebotName } from "../identity/names.js";
import type { BackupPlaces } from "../marketplace/protocol.js";
import type { OwnerState } from "./owner-state.js";
import { asError, problemOf, shownProblem } from "./problem.js";
import type { Finding, MinioFields, Place } from "./service.js";
import type { PlaceRecord } from "./state-schemas.js";

export interface SetUpContext {
  readonly state: OwnerState;
  readonly marketplaceUrl: string | undefined;
  readonly now: () => number;
}

/** Who waits in front of a page is told within this time, in milliseconds. */
export const testPatience = 10_000;
export const defaultBucket = "threebotbackup";

export interface MarketplaceRequest {
  readonly name: string;
  readonly password: string;
  readonly token?: string | undefined;
}

/** What a name and a password lead to. */
export interface MarketplaceAccess {
  readonly name: ThreebotName;
  readonly credentials: Credentials;
  readonly accesses: readonly RestAccess[];
  /** It was not known before. */
  readonly registered: boolean;
}

/** Logs in, or registers where there is a token. @throws TasticError what the marketplace says */
export async function findMarketplace(
  { marketplaceUrl }: SetUpContext,
  request: MarketplaceRequest,
  signal?: AbortSignal,
): Promise<MarketplaceAccess> {
  if (marketplaceUrl === undefined) {
    throw new TasticError("invalid-argument", "this 3Bot knows of no marketplace", {
      guidance: "Give the marketplace's URL when the service is started, or back up to a Minio of your own.",
    });
  }
  const name = parseName(request.name);
  const credentials = await deriveCredentials(name, request.password);
  const { loginSecret } = credentials;
  const client = new MarketplaceClient(marketplaceUrl);
  let places: BackupPlaces;
  let registered = false;
  try {
    places = await client.login({ name, loginSecret }, signal);
  } catch (error) {
    if (!isUnknownLogin(error)) throw error;
    if (request.token === undefined || request.token === "") throw wrongLogin(error);
    places = await client.register({ name, loginSecret, token: request.token }, signal);
    registered = true;
  }
  const accesses = places.copies.map(({ url, account }, at): RestAccess => ({
    kind: "rest",
    id: `marketplace-${at + 1}`,
    url,
    account,
    loginSecret,
    password: credentials.repositoryPassword,
  }));
  return { name, credentials, accesses, registered };
}

function wrongLogin(cause: unknown): TasticError {
  return new TasticError("wrong-password", "the marketplace knows no 3Bot with this name and password", {
    guidance: "Check both. A new 3Bot is registered with the token that its deployer was given.",
    cause,
  });
}

export interface Opened {
  readonly access: CopyAccess;
  readonly opened: OpenedCopy | undefined;
  /** Why it is not open, if it is not. */
  readonly error: unknown;
}

/** Opens all copies at once, until the signal aborts; the failure of one does not keep the others. */
export async function openAll(
  accesses: readonly CopyAccess[],
  signal: AbortSignal,
  retryForMs = 0,
): Promise<Opened[]> {
  return Promise.all(
    accesses.map(async (access) => {
      // What is open stays so when the time for opening is over.
      const opening = new AbortController();
      const end = (): void => opening.abort(signal.reason);
      signal.addEventListener("abort", end, { once: true });
      try {
        const opened = await within(signal, openCopy(access, { retryForMs, signal: opening.signal }));
        return { access, opened, error: undefined };
      } catch (error) {
        return { access, opened: undefined, error };
      } finally {
        signal.removeEventListener("abort", end);
      }
    }),
  );
}

/** Ends waiting, also for what no signal reaches. */
async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let onAbort = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(
        new TasticError("storage-failed", "there was no answer in time", {
          guidance: "Check the URL and the network, and whether the server runs.",
        }),
      );
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    // It may come yet, and is of no use then.
    work.then(
      (value) => closeQuietly(value),
      () => undefined,
    );
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function closeQuietly(value: unknown): void {
  const { close } = (value ?? {}) as Partial<OpenedCopy>;
  close?.().catch(() => undefined);
}

export async function setUpMarketplace(context: SetUpContext, request: MarketplaceRequest): Promise<void> {
  const { state, now } = context;
  const identity = await state.identity();
  if (identity.name !== undefined && identity.name !== parseName(request.name)) {
    throw new TasticError("already-exists", `this 3Bot is ${identity.name} already`, {
      guidance: "Another 3Bot needs a state folder of its own.",
    });
  }
  const found = await findMarketplace(context, request);
  const all = await openAll(withOldPassword(found, request.password), AbortSignal.timeout(60_000), 3_000);
  const { ready, password } = await settle(all);
  try {
    const broken = ready.filter(({ opened, error }) => opened === undefined && !isAbsent(error));
    if (broken.length === ready.length)
      throw asError(broken[0]?.error ?? new TasticError("internal", "there are no copies"));
    const snapshots = mergeSnapshots(
      ready.flatMap(({ access, opened }) => (opened ? [{ id: access.id, snapshots: opened.snapshots }] : [])),
    );
    let like = ready.find(({ opened }) => opened !== undefined)?.opened;
    for (const { access, opened, error } of ready) {
      if (opened !== undefined || !isAbsent(error)) continue;
      const made = await initCopy(access, { retryForMs: 10_000 }, like?.repository);
      if (like === undefined) like = made;
      else await made.close();
    }
    await like?.close();
    // A copy that cannot be asked may hold the history of a name that is not new.
    const undecided = !identity.used && (snapshots.length > 0 || (!found.registered && broken.length > 0));
    await adoptMarketplace(context, found, password, undecided);
    for (const { access, error } of broken) {
      await state.changeCopy(access.id, { state: "unreachable", problem: problemOf(error) });
    }
    if (undecided) await rememberFound(state, ready);
    await state.changePlace("marketplace", { nextBackup: new Date(now()).toISOString() });
  } finally {
    for (const { opened } of ready) await opened?.close();
  }
}

/** Repositories of before the login and their password were taken apart open with what the owner types. */
function withOldPassword({ accesses }: MarketplaceAccess, typed: string): CopyAccess[] {
  return [...accesses, ...accesses.map((access) => ({ ...access, password: typed }))];
}

/** Which of the two passwords it is: the old one if that opens a copy. */
async function settle(all: readonly Opened[]): Promise<{ ready: Opened[]; password: string }> {
  const half = all.length / 2;
  const [derived, old] = [all.slice(0, half), all.slice(half)];
  const isOld = !derived.some(({ opened }) => opened) && old.some(({ opened }) => opened);
  const [ready, other] = isOld ? [old, derived] : [derived, old];
  for (const { opened } of other) await opened?.close();
  return { ready, password: ready[0]?.access.password ?? "" };
}

/** Writes down where the backups of a 3Bot are from now on. */
export async function adoptMarketplace(
  { state, now }: SetUpContext,
  { name, credentials, accesses }: MarketplaceAccess,
  password: string,
  undecided: boolean,
): Promise<void> {
  const identity = await state.identity();
  await state.changeIdentity({ name, ...(!identity.used && { host: name }) });
  const target: PlaceRecord["target"] = {
    kind: "marketplace",
    copies: accesses.map(({ id, url, account }) => ({ id, url, account })),
    loginSecret: state.seal("marketplace/login-secret", credentials.loginSecret),
  };
  const sealed = state.seal("marketplace/password", password);
  await state.setPlace("marketplace", (old) => placeFor(old, target, sealed, undecided, now()));
}

function placeFor(
  old: PlaceRecord | undefined,
  target: PlaceRecord["target"],
  password: string,
  undecided: boolean,
  now: number,
): PlaceRecord {
  return {
    since: new Date(now).toISOString(),
    failures: 0,
    catchUpFailures: 0,
    shrinkAllowed: false,
    pending: [],
    sizes: [],
    ...old,
    state: undecided ? "recovery-undecided" : "ready",
    target,
    password,
  };
}

/** So that the page can say what was found. */
async function rememberFound(state: OwnerState, copies: readonly Opened[]): Promise<void> {
  for (const { access, opened } of copies) {
    const newest = opened?.snapshots.at(-1)?.time;
    if (newest !== undefined) await state.changeCopy(access.id, { lastBackup: newest });
  }
}

/** @throws TasticError invalid-argument, access-denied */
export function minioAccess(fields: MinioFields): S3Access {
  const url = parseSafeUrl(fields.url, "the Minio URL");
  if (url.search !== "") throw new TasticError("invalid-argument", "the Minio URL has a query");
  const inPath = url.pathname.split("/").filter((part) => part !== "");
  // "http://host:9000/bucket" is how some write it.
  const bucket = fields.bucket?.trim() || inPath[0] || defaultBucket;
  const prefix = (fields.prefix ?? inPath.slice(1).join("/")).trim().replace(/^\/+|\/+$/g, "");
  for (const [field, value] of [
    ["access key", fields.accessKey],
    ["secret key", fields.secretKey],
    ["password", fields.password],
  ] as const) {
    if (value === "") throw new TasticError("invalid-argument", `the ${field} is missing`);
  }
  const { accessKey, secretKey, password } = fields;
  return { kind: "s3", id: "minio", url: url.origin, bucket, prefix, accessKey, secretKey, password };
}

/** Looks what is there, and changes nothing. The copy is open if it exists, and the caller closes it. */
export async function lookAtMinio(fields: MinioFields): Promise<{ finding: Finding; opened?: OpenedCopy }> {
  let access: S3Access;
  try {
    access = minioAccess(fields);
  } catch (error) {
    return { finding: findingOf(error) };
  }
  const signal = AbortSignal.timeout(testPatience - 500);
  try {
    await within(signal, checkHost(new URL(access.url), "the Minio URL"));
  } catch (error) {
    return { finding: findingOf(error) };
  }
  const [one] = await openAll([access], signal);
  if (one?.opened === undefined) return { finding: findingOf(one?.error) };
  return { finding: existing(one.opened.snapshots), opened: one.opened };
}

export function existing(snapshots: readonly StoredSnapshot[]): Finding {
  return {
    found: "existing",
    snapshots: snapshots.length,
    newest: snapshots.at(-1)?.time,
    problem: undefined,
  };
}

/** What an error says of a place. */
export function findingOf(error: unknown): Finding {
  const nothing = { snapshots: 0, newest: undefined };
  if (isAbsent(error)) return { found: "new", ...nothing, problem: undefined };
  const problem = shownProblem(problemOf(error));
  if (!isTasticError(error)) return { found: "unreachable", ...nothing, problem };
  const { code } = error;
  if (code === "wrong-password") {
    return {
      found: "wrong-password",
      ...nothing,
      problem: {
        code,
        message: "there are backups already, and this password does not open them",
        guidance:
          "Enter the password they were made with. If they are another 3Bot's, choose a bucket or prefix of your own.",
      },
    };
  }
  if (code === "access-denied") {
    const refusedByUs = error.data["type"] === undefined && !messageOf(error).includes("key");
    return refusedByUs
      ? { found: "refused", ...nothing, problem }
      : {
          found: "wrong-keys",
          ...nothing,
          problem: {
            code,
            message: "the server does not accept the access key and secret key",
            guidance: "Copy both again from your Minio, and check that they may use this bucket.",
          },
        };
  }
  if (code === "invalid-argument" && error.data["type"] === undefined)
    return { found: "refused", ...nothing, problem };
  return { found: "unreachable", ...nothing, problem };
}

/** Looks, makes the repository if there is none, and only then writes the fields down. */
export async function setUpMinio(context: SetUpContext, fields: MinioFields): Promise<void> {
  const { state, now } = context;
  const { finding, opened: found } = await lookAtMinio(fields);
  if (finding.found !== "new" && finding.found !== "existing") throw refusedFinding(finding);
  const access = minioAccess(fields);
  const opened = found ?? (await initCopy(access, { retryForMs: 0, signal: AbortSignal.timeout(60_000) }));
  try {
    const identity = await state.identity();
    const undecided = !identity.used && opened.snapshots.length > 0;
    await adoptMinio(context, access, undecided);
    const { id } = opened.repository.config;
    // Other repositories have other snapshots: none of them is missing.
    if ((await state.copy("minio")).repositoryId !== id) await state.resetCopy("minio");
    await state.changeCopy("minio", {
      repositoryId: id,
      problem: undefined,
      state: opened.snapshots.length === 0 ? "empty" : "in-step",
      ...(opened.snapshots.length > 0 && { lastBackup: opened.snapshots.at(-1)?.time }),
    });
    await state.changePlace("minio", { nextBackup: new Date(now()).toISOString() });
  } finally {
    await opened.close();
  }
}

export async function adoptMinio(
  { state, now }: SetUpContext,
  access: S3Access,
  undecided: boolean,
): Promise<void> {
  const { url, bucket, prefix, accessKey } = access;
  const secretKey = state.seal("minio/secret-key", access.secretKey);
  const target: PlaceRecord["target"] = { kind: "minio", url, bucket, prefix, accessKey, secretKey };
  const password = state.seal("minio/password", access.password);
  await state.setPlace("minio", (old) => placeFor(old, target, password, undecided, now()));
}

function refusedFinding({ found, problem }: Finding): TasticError {
  const code =
    found === "wrong-password"
      ? "wrong-password"
      : found === "wrong-keys"
        ? "access-denied"
        : "storage-failed";
  return new TasticError(
    found === "refused" ? "invalid-argument" : code,
    problem?.message ?? `the Minio cannot be used: ${found}`,
    { ...(problem?.guidance !== undefined && { guidance: problem.guidance }), data: { found } },
  );
}

/** The owner has decided: what is there stays, and this 3Bot goes on as it is. */
export async function decide(state: OwnerState, place: Place): Promise<void> {
  await state.changePlace(place, { state: "ready", shrinkAllowed: true });
  await state.changeIdentity({ used: true });
}

/** The marketplace, by a name and a password. */
import { TasticError } from "@tastic/errors";
import type { CopyAccess, RestAccess } from "../copies/copy-store.js";
import { isUnknownLogin, MarketplaceClient } from "../copies/marketplace-client.js";
import { mergeSnapshots } from "../copies/merged-snapshots.js";
import { openAll, type Opened } from "../copies/open-all.js";
import { initCopy, isAbsent } from "../copies/opened-copy.js";
import { type Credentials, deriveCredentials, serverSecret } from "../identity/credentials.js";
import { parseName, type ThreebotName } from "../identity/names.js";
import type { BackupPlaces } from "../marketplace/protocol.js";
import type { OwnerState } from "./owner-state.js";
import { asError, problemOf } from "./problem.js";
import { placeFor, type SetUpContext } from "./set-up.js";
import type { PlaceRecord } from "./state-schemas.js";

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
  const accesses = places.copies.map(({ url, account, server }, at): RestAccess => ({
    kind: "rest",
    id: `marketplace-${at + 1}`,
    url,
    account,
    server,
    loginSecret: serverSecret(loginSecret, account, server),
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
    copies: accesses.map(({ id, url, account, server }) => ({ id, url, account, server })),
    loginSecret: state.seal("marketplace/login-secret", credentials.loginSecret),
  };
  const sealed = state.seal("marketplace/password", password);
  await state.setPlace("marketplace", (old) => placeFor(old, target, sealed, undecided, now()));
}

/** So that the page can say what was found. */
async function rememberFound(state: OwnerState, copies: readonly Opened[]): Promise<void> {
  for (const { access, opened } of copies) {
    const newest = opened?.snapshots.at(-1)?.time;
    if (newest !== undefined) await state.changeCopy(access.id, { lastBackup: newest });
  }
}

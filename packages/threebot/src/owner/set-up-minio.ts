/** Minio, or another S3 store of the owner's, by its four fields. */
import { TasticError } from "@tastic/errors";
import type { S3Access } from "../copies/copy-store.js";
import { openAll, within } from "../copies/open-all.js";
import { initCopy, type OpenedCopy } from "../copies/opened-copy.js";
import { checkHost, parseSafeUrl } from "../copies/safe-url.js";
import { existing, findingOf } from "./findings.js";
import type { Finding, MinioFields } from "./service.js";
import { placeFor, type SetUpContext } from "./set-up.js";
import type { PlaceRecord } from "./state-schemas.js";

/** Who waits in front of a page is told within this time, in milliseconds. */
export const testPatience = 10_000;
export const defaultBucket = "threebotbackup";

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
    if ((await state.copy("minio")).repositoryId !== id) {
      await state.resetCopy("minio");
      // What was backed up to another one is not backed up here.
      const since = new Date(now()).toISOString();
      const { snapshots } = opened;
      const lastBackup = undecided ? undefined : snapshots.at(-1)?.time;
      await state.changePlace("minio", {
        since,
        lastBackup,
        pending: [],
        sizes: [],
        failures: 0,
        nextDrill: undefined,
      });
    }
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

/** What was found at a place, in the words of its owner. */
import { isTasticError } from "@tastic/errors";
import type { StoredSnapshot } from "tastic";
import { isAbsent } from "../copies/opened-copy.js";
import { problemOf, shownProblem } from "./problem.js";
import type { Finding, Place } from "./service.js";

export function existing(snapshots: readonly StoredSnapshot[]): Finding {
  return {
    found: "existing",
    snapshots: snapshots.length,
    newest: snapshots.at(-1)?.time,
    problem: undefined,
  };
}

/** S3's codes of refusals in which the keys are right, or play no part. */
const aboutOthers: ReadonlySet<string> = new Set([
  ...["RequestTimeTooSkewed", "RequestExpired", "BucketAlreadyExists", "TooManyBuckets"],
  ...["AllAccessDisabled", "AccountProblem", "NotSignedUp", "UserSuspended"],
]);

/** What an error says of a place. */
export function findingOf(error: unknown, place: Place = "minio"): Finding {
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
  // What no server has answered, nor the network, was refused here.
  const isOurs = error.data["status"] === undefined && error.data["systemCode"] === undefined;
  if (isOurs && (code === "access-denied" || code === "invalid-argument"))
    return { found: "refused", ...nothing, problem };
  if (code === "access-denied") {
    const { serverCode } = error.data;
    if (place === "marketplace" || (typeof serverCode === "string" && aboutOthers.has(serverCode)))
      return { found: "refused", ...nothing, problem };
    return {
      found: "wrong-keys",
      ...nothing,
      problem: {
        code,
        message: "the server does not accept the access key and secret key",
        guidance: "Copy both again from your Minio, and check that they may use this bucket.",
      },
    };
  }
  return { found: "unreachable", ...nothing, problem };
}

/** What was found at a place, in the words of its owner. */
import { isTasticError, messageOf } from "@tastic/errors";
import type { StoredSnapshot } from "tastic";
import { isAbsent } from "../copies/opened-copy.js";
import { problemOf, shownProblem } from "./problem.js";
import type { Finding } from "./service.js";

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

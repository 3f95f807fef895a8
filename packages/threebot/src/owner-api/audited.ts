/** What is written to the audit log before it is done, and how it ended. */
import { isTasticError } from "@tastic/errors";
import type { Context } from "hono";
import type { Access } from "./access.js";

/** Never a secret, and no name of a file. */
export type AuditDetails = Readonly<Record<string, string | number | boolean | undefined>>;

/** Does `work` between two entries of the log: that somebody wants it, and what came of it. */
export async function audited<Result>(
  access: Access,
  context: Context,
  event: string,
  details: AuditDetails,
  work: () => Promise<Result>,
): Promise<Result> {
  await access.record(context, event, details);
  try {
    const result = await work();
    await access.record(context, `${event}-done`, details);
    return result;
  } catch (error) {
    const problem = isTasticError(error) ? error.code : "internal";
    await access.record(context, `${event}-failed`, { ...details, problem });
    throw error;
  }
}

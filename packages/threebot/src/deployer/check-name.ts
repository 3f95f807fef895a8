/** Whether a 3Bot of a name can be created, or recovered. */
import { isTasticError } from "@tastic/errors";
import { parseName, type ThreebotName } from "../identity/names.js";
import type { Marketplace } from "../marketplace/marketplace.js";
import type { Records } from "../state/records.js";
import { isOver, type deploymentRecord } from "./deployment.js";

export interface Checked {
  /** It is registered: there may be backups of it. */
  readonly known: boolean;
  readonly running: boolean;
  /** It can be created, or, if it is known, recovered. */
  readonly allowed: boolean;
  readonly problem: string | undefined;
}

/** @param typed what somebody typed, which may be no name */
export async function checkName(
  typed: string,
  marketplace: Marketplace,
  records: Records<typeof deploymentRecord>,
): Promise<Checked> {
  let name: ThreebotName;
  try {
    name = parseName(typed);
  } catch (error) {
    if (!isTasticError(error)) throw error;
    return { known: false, running: false, allowed: false, problem: error.guidance ?? error.message };
  }
  const standing = await marketplace.standing(name);
  const record = await records.read(name);
  const here = record !== undefined && !isOver.includes(record.state);
  let problem: string | undefined;
  if (here) problem = `${name} is here already: it is ${record.state}.`;
  else if (standing === "destroying")
    problem = `The backups of ${name} are about to be removed; until then that can be undone.`;
  return {
    known: standing === "registered" || standing === "destroying",
    running: record?.state === "running" || record?.state === "starting",
    allowed: problem === undefined,
    problem,
  };
}

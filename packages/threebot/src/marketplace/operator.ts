/** What an operator does in the folder of a marketplace, whether that is running or not. */
import { join } from "node:path";
import { parseName } from "../identity/names.js";
import { openState, usualTokenDays } from "./marketplace.js";
import { issueToken } from "./registration.js";
import type { CopyRecord, ThreebotRecord } from "./record.js";

/**
 * A token for a new 3Bot of this name.
 * @param folder the one that `runMarketplace` was given
 * @throws TasticError already-exists, invalid-argument
 */
export async function issueTokenIn(folder: string, typed: string, days = usualTokenDays): Promise<string> {
  const now = Date.now;
  const { records, audit } = openState(join(folder, "marketplace"), now);
  try {
    return await issueToken({ records, audit, now }, parseName(typed), days);
  } finally {
    await audit.close();
  }
}

export interface ListedThreebot {
  readonly name: string;
  readonly state: ThreebotRecord["state"];
  readonly copies: readonly Pick<CopyRecord, "server" | "is">[];
  readonly undoUntil: string | undefined;
}

/** All 3Bots, also those that are only invited, by name. */
export async function listThreebotsIn(folder: string): Promise<ListedThreebot[]> {
  const { records } = openState(join(folder, "marketplace"), Date.now);
  const found: ListedThreebot[] = [];
  for await (const { name, state, copies, undoUntil } of records)
    found.push({ name, state, copies: copies.map(({ server, is }) => ({ server, is })), undoUntil });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

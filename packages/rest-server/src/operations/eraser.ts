/** Removes for ever what an account has stored, once it can log in no longer: objects, trash and what uploads left. */
import type { Accounts } from "../accounts/accounts.js";
import type { Repositories } from "../stores/object-store.js";
import type { AuditLog } from "./audit-log.js";
import type { UsageLedger } from "./usage.js";

export interface EraserOptions {
  readonly repositories: Repositories;
  readonly accounts: Accounts;
  readonly usage: UsageLedger;
  readonly audit: AuditLog;
}

export class Eraser {
  readonly #options: EraserOptions;

  constructor(options: EraserOptions) {
    this.#options = options;
  }

  /**
   * Removes all repositories whose first folder is the account's name; again, if it was interrupted. The account stays
   * as it is: suspended, or removed. Returns how many repositories there were.
   * @param hash the account must have this hash
   * @throws TasticError not-found, already-exists, as `Accounts.checkClosed`
   */
  async erase(account: string, hash?: string): Promise<{ readonly repositories: number }> {
    const { accounts, repositories, usage, audit } = this.#options;
    await accounts.checkClosed(account, hash);
    const found: (readonly string[])[] = [];
    for await (const folders of repositories.list(account)) found.push(folders);
    await audit.record({
      event: "account-erase-begun",
      account: "operator",
      name: account,
      repositories: found.length,
    });
    // Those inside others first. Then the account's folder itself, in which there may be no repository.
    const inside = found.filter((folders) => folders.length > 1);
    for (const folders of [...inside, [account]]) {
      await repositories.open(folders).erase();
      await usage.recount(folders);
    }
    await audit.record({
      event: "account-erased",
      account: "operator",
      name: account,
      repositories: found.length,
    });
    return { repositories: found.length };
  }
}

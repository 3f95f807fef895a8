/**
 * Whether a 3Bot may be created or recovered, and what has to be done for it at the marketplace. A 3Bot never begins with
 * nothing while there may be backups of it.
 */
import { TasticError } from "@tastic/errors";
import { deriveCredentials, type Credentials } from "../identity/credentials.js";
import type { ThreebotName } from "../identity/names.js";
import type { Marketplace } from "../marketplace/marketplace.js";
import { Turns } from "../marketplace/turns.js";
import { findCopies, type FoundCopy } from "./find-copies.js";
import { checkStrength } from "./strength.js";

export interface Beginning {
  readonly name: ThreebotName;
  readonly password: string;
  /** The address of whoever asks. */
  readonly from: string;
}

export class Beginnings {
  readonly #marketplace: Marketplace;
  readonly #turns = new Turns();

  constructor(marketplace: Marketplace) {
    this.#marketplace = marketplace;
  }

  /** One at a time: each takes 128 MiB. */
  derive(name: ThreebotName, password: string): Promise<Credentials> {
    return this.#turns.take("derive", () => deriveCredentials(name, password));
  }

  /** What a name and a password lead to. @throws TasticError wrong-password, locked */
  async find({ name, password, from }: Beginning): Promise<readonly FoundCopy[]> {
    const credentials = await this.derive(name, password);
    const { loginSecret } = credentials;
    return findCopies(await this.#marketplace.login({ name, loginSecret }, from), credentials);
  }

  /**
   * Registers a new 3Bot.
   * @param here it was begun here before
   * @param begun is called once this may be
   * @throws TasticError already-exists, invalid-argument, storage-failed
   */
  async create(beginning: Beginning, here: boolean, begun: () => Promise<void>): Promise<"create"> {
    const { name, password, from } = beginning;
    await checkStrength(password, [name]);
    if ((await this.#marketplace.standing(name)) === "registered") {
      if (!here) {
        throw new TasticError("already-exists", `there is a 3Bot ${name} already`, {
          guidance: "If it is yours, recover it; otherwise choose another name.",
        });
      }
      // It was not brought to its end: whoever has its password may go on, if nothing was backed up yet.
      if (this.#some(name, await this.find(beginning)))
        throw new TasticError("already-exists", `there are backups of ${name}`, { guidance: "Recover it." });
      await begun();
      return "create";
    }
    const { loginSecret } = await this.derive(name, password);
    const token = await this.#marketplace.issueToken(name);
    await begun();
    await this.#marketplace.register({ name, token, loginSecret }, from);
    return "create";
  }

  /** @throws TasticError wrong-password, storage-failed if there may be backups that cannot be seen */
  async recover(beginning: Beginning, begun: () => Promise<void>): Promise<"create" | "recover"> {
    const some = this.#some(beginning.name, await this.find(beginning));
    await begun();
    return some ? "recover" : "create";
  }

  #some(name: ThreebotName, found: readonly FoundCopy[]): boolean {
    if (found.some(({ snapshots }) => snapshots > 0)) return true;
    const problem = found.find((copy) => copy.problem !== undefined)?.problem;
    if (problem === undefined) return false;
    throw new TasticError("storage-failed", `what there is of ${name} cannot be seen: ${problem.message}`, {
      guidance: "Nothing is lost. Try again when the backup servers can be reached.",
    });
  }
}

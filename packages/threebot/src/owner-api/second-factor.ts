/**
 * A second factor for the page's login: codes of an authenticator, by time (TOTP, RFC 6238, six digits every 30 seconds). It
 * is on once a first code was right. Each code works once, also for whoever has seen it being typed.
 */
import { TasticError } from "@tastic/errors";
import type { DocumentStore } from "@tastic/rest-server";
import { Secret, TOTP } from "otpauth";
import * as v from "valibot";
import { Records } from "../state/records.js";
import type { SecretBox } from "../state/secret-box.js";

const record = v.object({
  state: v.picklist(["off", "begun", "on"]),
  /** Base32, sealed. */
  secret: v.string(),
  /** Of the last code that was used, and before which none is taken any more. */
  step: v.number(),
});

export interface SecondFactorOptions {
  readonly documents: DocumentStore;
  /** Without it there is none. */
  readonly secrets: SecretBox | undefined;
  readonly now: () => number;
}

const name = "second-factor";
const sealedAs = "access/second-factor";
/** Seconds. */
const period = 30;
/** Steps by which the clock of a phone may differ. */
const window = 1;

export class SecondFactor {
  readonly #records: Records<typeof record>;
  readonly #options: SecondFactorOptions;

  constructor(options: SecondFactorOptions) {
    this.#records = new Records(options.documents, "access-codes", record);
    this.#options = options;
  }

  async isOn(): Promise<boolean> {
    return (await this.#records.read(name))?.state === "on";
  }

  /**
   * Makes a secret, which is shown this once. It is not asked for yet.
   * @returns also as the "otpauth:" URI that authenticators read
   * @throws TasticError already-exists, unsupported
   */
  async begin(): Promise<{ readonly secret: string; readonly uri: string }> {
    const { secrets } = this.#options;
    if (secrets === undefined)
      throw new TasticError("unsupported", "this service keeps no secrets for a second factor");
    const secret = new Secret({ size: 20 });
    const sealed = secrets.seal(sealedAs, secret.base32);
    await this.#records.update(name, (old) => {
      if (old?.state === "on")
        throw new TasticError("already-exists", "there is a second factor already", {
          guidance: "Switch it off first.",
        });
      return { state: "begun", secret: sealed, step: 0 };
    });
    return { secret: secret.base32, uri: codesOf(secret).toString() };
  }

  /** Switches it on with a first code. */
  confirm(code: string): Promise<boolean> {
    return this.#use(code, "begun");
  }

  /** Is this a code of now, that was not used before? It is used then. */
  matches(code: string): Promise<boolean> {
    return this.#use(code, "on");
  }

  async end(): Promise<void> {
    await this.#records.update(name, (old) => ({ state: "off", secret: "", step: old?.step ?? 0 }));
  }

  async #use(code: string, state: "begun" | "on"): Promise<boolean> {
    const known = await this.#records.read(name);
    const { secrets, now } = this.#options;
    if (known?.state !== state || secrets === undefined) return false;
    const codes = codesOf(Secret.fromBase32(secrets.open(sealedAs, known.secret)));
    const timestamp = now();
    const delta = codes.validate({ token: code.replace(/\s/g, ""), timestamp, window });
    if (delta === null) return false;
    const step = Math.floor(timestamp / 1000 / period) + delta;
    let isNew = false;
    await this.#records.update(name, (old) => {
      isNew = old?.secret === known.secret && step > old.step;
      return isNew ? { ...known, state: "on", step } : (old ?? known);
    });
    return isNew;
  }
}

function codesOf(secret: Secret): TOTP {
  return new TOTP({ issuer: "3Bot Backup", label: "owner", algorithm: "SHA1", digits: 6, period, secret });
}

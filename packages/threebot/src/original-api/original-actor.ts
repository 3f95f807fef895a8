/**
 * What both actors of the original could do, by the names and in the shapes that it had: text answers are JSON twice over,
 * `{"data": …}` inside a string, since its methods returned text that was encoded again.
 */
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import type { OwnedSnapshot, OwnerService, Place } from "../owner/service.js";
import { mustEndWell } from "../owner-api/until-ended.js";
import { createResticRepo } from "../shell/restic-repo.js";
import { snapshotRow } from "./snapshot-row.js";

/** An answer of the original: text with JSON in it, or a bare truth. */
export type OriginalAnswer = string | boolean;

export class OriginalActor {
  readonly #owner: OwnerService;
  readonly #place: Place;

  constructor(owner: OwnerService, place: Place) {
    this.#owner = owner;
    this.#place = place;
  }

  async reposExist(): Promise<boolean> {
    return (await this.#state()) !== "absent";
  }

  async initMinio(request: {
    readonly minio_url: string;
    readonly password: string;
    readonly access_key: string;
    readonly secret_key: string;
  }): Promise<OriginalAnswer> {
    const { minio_url: url, password, access_key: accessKey, secret_key: secretKey } = request;
    try {
      await this.#owner.setUpMinio({ url, password, accessKey, secretKey });
    } catch (error) {
      throw refusedWith(`Couldn't create restic repo with given data ${messageOf(error)}`, error);
    }
    return data("backup repos inited");
  }

  async initMarketplace(request: {
    readonly password: string;
    readonly new: boolean;
    readonly name?: string | undefined;
    readonly token?: string | undefined;
  }): Promise<OriginalAnswer> {
    const name = request.name ?? (await this.#owner.status()).name;
    if (name === undefined)
      throw new TasticError("invalid-argument", "this 3Bot has no name yet: pass `name`");
    const token = request.new ? request.token : undefined;
    try {
      await this.#owner.setUpMarketplace({ name, password: request.password, token });
    } catch (error) {
      throw refusedWith(`can not create user with name:${name}, error=${messageOf(error)}`, error);
    }
    return data("backup repos inited");
  }

  /**
   * When it is done; whoever does not wait that long finds the run in the newer interface. As the original did, it adds the
   * second of its beginning to the tags.
   * @param paths have to be among those of the settings, all of which are backed up
   */
  async backup(tags: readonly string[], paths: readonly string[] = []): Promise<OriginalAnswer> {
    const second = String(Math.floor(Date.now() / 1000));
    await createResticRepo(this.#owner, this.#place).backup({ tags: [...tags, second], paths });
    return data("backup done");
  }

  /** Newest first. */
  async snapshots(tags: readonly string[]): Promise<OriginalAnswer> {
    return data((await this.#snapshots(tags)).map(snapshotRow));
  }

  /** The newest that is whole, to where it came from; a safety snapshot is made before. */
  async restore(tags: readonly string[]): Promise<OriginalAnswer> {
    const found = await this.#snapshots(tags);
    const own = found.filter(({ job }) => job === undefined);
    const chosen = own.find(({ complete }) => complete) ?? own[0] ?? found[0];
    if (chosen === undefined) throw new TasticError("not-found", "can not find any snapshots in the repo");
    const begun = await this.#owner.restore({
      place: this.#place,
      snapshot: chosen.id,
      paths: [],
      target: undefined,
      existing: "replace",
    });
    await mustEndWell(this.#owner, begun);
    return data("data restored");
  }

  async setAutomatic(on: boolean): Promise<OriginalAnswer> {
    await this.#mustBeConfigured();
    await this.#owner.setAutomatic(this.#place, on);
    return data(on ? "auto backup enabled" : "auto backup disabled");
  }

  /** Is it on, and has none been missed? The original looked for a line in a crontab. */
  async checkAutomatic(): Promise<boolean> {
    await this.#mustBeConfigured();
    const { places } = await this.#owner.status();
    return places.some(({ place, automatic }) => place === this.#place && automatic);
  }

  async #snapshots(tags: readonly string[]): Promise<readonly OwnedSnapshot[]> {
    await this.#mustBeConfigured();
    return tags.length === 0 ? this.#owner.snapshots(this.#place) : this.#owner.snapshots(this.#place, tags);
  }

  async #state(): Promise<"absent" | "ready" | "recovery-undecided"> {
    const { places } = await this.#owner.status();
    return places.find(({ place }) => place === this.#place)?.state ?? "absent";
  }

  async #mustBeConfigured(): Promise<void> {
    if (!(await this.reposExist()))
      throw new TasticError("invalid-argument", "Please configure backup first");
  }
}

function data(of: unknown): string {
  return JSON.stringify({ data: of });
}

/** The original said 400 whatever it was; that the store cannot be reached is no fault of the request. */
function refusedWith(message: string, cause: unknown): TasticError {
  const code = isTasticError(cause, "storage-failed") ? "storage-failed" : "invalid-argument";
  return new TasticError(code, message, { cause });
}

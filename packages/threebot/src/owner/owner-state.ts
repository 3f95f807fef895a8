/** All that a 3Bot's backup remembers, in one folder that is never part of a backup. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { TasticError } from "@tastic/errors";
import { createLocalDocuments, localModes } from "@tastic/rest-server";
import type { CopyAccess } from "../copies/copy-store.js";
import { serverSecret } from "../identity/credentials.js";
import { Records } from "../state/records.js";
import { SecretBox } from "../state/secret-box.js";
import { defaultSettings } from "./default-settings.js";
import type { Place } from "./service.js";
import {
  claimRecord,
  copyRecord,
  identityRecord,
  jobsRecord,
  logRecord,
  placeRecord,
  runRecord,
  settingsRecord,
  workerRecord,
  type CopyRecord,
  type IdentityRecord,
  type JobRecord,
  type PlaceRecord,
  type SettingsRecord,
} from "./state-schemas.js";

export const places: readonly Place[] = ["marketplace", "minio"];

const freshCopy: CopyRecord = {
  state: "unknown",
  behind: 0,
  known: [],
  pruneDue: false,
  stored: 0,
};

export class OwnerState {
  readonly folder: string;
  readonly runs: Records<typeof runRecord>;
  readonly logs: Records<typeof logRecord>;
  readonly workers: Records<typeof workerRecord>;
  readonly claims: Records<typeof claimRecord>;
  readonly #identity: Records<typeof identityRecord>;
  readonly #settings: Records<typeof settingsRecord>;
  readonly #jobs: Records<typeof jobsRecord>;
  readonly #places: Records<typeof placeRecord>;
  readonly #copies: Records<typeof copyRecord>;
  readonly #box: SecretBox;

  private constructor(folder: string, box: SecretBox) {
    const documents = createLocalDocuments(join(folder, "records"), localModes(false));
    this.folder = folder;
    this.#box = box;
    this.runs = new Records(documents, "runs", runRecord);
    this.logs = new Records(documents, "logs", logRecord);
    this.workers = new Records(documents, "workers", workerRecord);
    this.claims = new Records(documents, "claims", claimRecord);
    this.#identity = new Records(documents, "identity", identityRecord);
    this.#settings = new Records(documents, "settings", settingsRecord);
    this.#jobs = new Records(documents, "jobs", jobsRecord);
    this.#places = new Records(documents, "places", placeRecord);
    this.#copies = new Records(documents, "copies", copyRecord);
  }

  /** The state in a folder, which is made if it is not there. @throws TasticError access-denied, invalid-key */
  static async open(folder: string): Promise<OwnerState> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    return new OwnerState(folder, await SecretBox.open(join(folder, "secret.key")));
  }

  async identity(): Promise<IdentityRecord> {
    return (await this.#identity.read("this")) ?? this.changeIdentity({});
  }

  changeIdentity(change: Partial<IdentityRecord>): Promise<IdentityRecord> {
    // Made up once: the name of a container is another one after each start.
    const made = (): IdentityRecord => ({
      host: `${hostname().slice(0, 40)}-${randomBytes(3).toString("hex")}`,
      used: false,
    });
    return this.#identity.update("this", (old) => ({ ...(old ?? made()), ...change }));
  }

  async settings(): Promise<SettingsRecord> {
    return (await this.#settings.read("this")) ?? defaultSettings;
  }

  changeSettings(change: (old: SettingsRecord) => SettingsRecord): Promise<SettingsRecord> {
    return this.#settings.update("this", (old) => change(old ?? defaultSettings));
  }

  async jobs(): Promise<readonly JobRecord[]> {
    return (await this.#jobs.read("this"))?.jobs ?? [];
  }

  async changeJobs(change: (old: readonly JobRecord[]) => readonly JobRecord[]): Promise<void> {
    await this.#jobs.update("this", (old) => ({ jobs: [...change(old?.jobs ?? [])] }));
  }

  place(place: Place): Promise<PlaceRecord | undefined> {
    return this.#places.read(place);
  }

  /** @throws TasticError not-found if it was not set up */
  async needPlace(place: Place): Promise<PlaceRecord> {
    const record = await this.place(place);
    if (record !== undefined) return record;
    throw notSetUp(place);
  }

  setPlace(place: Place, change: (old: PlaceRecord | undefined) => PlaceRecord): Promise<PlaceRecord> {
    return this.#places.update(place, change);
  }

  changePlace(
    place: Place,
    change: Partial<PlaceRecord> | ((old: PlaceRecord) => Partial<PlaceRecord>),
  ): Promise<PlaceRecord> {
    return this.#places.update(place, (old) => {
      if (old === undefined) throw notSetUp(place);
      return { ...old, ...(typeof change === "function" ? change(old) : change) };
    });
  }

  async copy(id: string): Promise<CopyRecord> {
    return (await this.#copies.read(id)) ?? freshCopy;
  }

  changeCopy(
    id: string,
    change: Partial<CopyRecord> | ((old: CopyRecord) => Partial<CopyRecord>),
  ): Promise<CopyRecord> {
    return this.#copies.update(id, (known) => {
      const old = known ?? freshCopy;
      return { ...old, ...(typeof change === "function" ? change(old) : change) };
    });
  }

  /** For a place that now is another repository than before. */
  resetCopy(id: string): Promise<CopyRecord> {
    return this.#copies.update(id, () => freshCopy);
  }

  seal(what: string, secret: string): string {
    return this.#box.seal(what, secret);
  }

  unseal(what: string, sealed: string): string {
    return this.#box.open(what, sealed);
  }

  /** How the copies of a place are reached, in the order in which they count. */
  accesses(place: PlaceRecord): CopyAccess[] {
    const { target } = place;
    const password = this.unseal(`${target.kind}/password`, place.password);
    if (target.kind === "minio") {
      const { url, bucket, prefix, accessKey } = target;
      const secretKey = this.unseal("minio/secret-key", target.secretKey);
      return [{ kind: "s3", id: "minio", password, url, bucket, prefix, accessKey, secretKey }];
    }
    const loginSecret = this.unseal("marketplace/login-secret", target.loginSecret);
    return target.copies.map(({ id, url, account, server }) => ({
      kind: "rest",
      id,
      password,
      url,
      account,
      server,
      loginSecret: serverSecret(loginSecret, account, server),
    }));
  }
}

function notSetUp(place: Place): TasticError {
  return new TasticError("not-found", `no backup is set up for ${place}`, {
    guidance: place === "minio" ? "Enter the fields of your Minio first." : "Set the marketplace up first.",
    data: { place },
  });
}

// Servers that repositories are measured over, on loopback: the real rest-server, and Ceph's S3 gateway. Each is started
// when a row first asks for it, and gone when the benchmark is.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createLocalStorage } from "../packages/storage/dist/index.js";
import { createS3Storage } from "../packages/storage-s3/dist/index.js";
import { startCeph, whyNoCeph } from "../scripts/ceph-cluster.mjs";
import { findPeers } from "../scripts/peers.mjs";
import { launchRestServer } from "../scripts/rest-server.mjs";
import { startDelay } from "./delay.mjs";
import { linkFolder } from "./folders.mjs";

/** @typedef {"rest" | "s3"} StoreKind */

/**
 * A server that runs.
 * @typedef {object} Store
 * @property {(repository: string, name: string) => Promise<Record<string, string>>} place
 *   puts a copy of the repository in this folder on the server, under this name, and returns the variables by which a
 *   program finds it
 * @property {() => Promise<void>} stop
 */

const types = /** @type {const} */ (["config", "key", "snapshot", "index", "pack"]);

export class Stores {
  #home;
  #latency;
  /** @type {Map<StoreKind, Promise<Store>>} */
  #running = new Map();
  /** Where what is only read has been put before. @type {Map<string, Promise<Record<string, string>>>} */
  #placed = new Map();
  #count = 0;

  /**
   * @param {string} home a folder for what servers store
   * @param {number} latency milliseconds that every byte is under way to a server and back; 0 for the bare loopback
   */
  constructor(home, latency) {
    this.#home = home;
    this.#latency = latency;
  }

  /** Why there is no such server here, or undefined where there is. @param {StoreKind} kind */
  static whyNot(kind) {
    if (kind === "s3") return whyNoCeph();
    const peers = findPeers();
    return peers["restic-rest-server"] === undefined ? peers.reason : undefined;
  }

  /**
   * A copy of a repository on a server: a new one for who writes, the same one for all who only read.
   * @param {StoreKind} kind
   * @param {string} repository its folder
   * @param {boolean} fresh
   * @returns {Promise<Record<string, string>>} the variables by which a program finds it
   */
  async place(kind, repository, fresh) {
    const store = this.#start(kind);
    const place = async () => (await store).place(repository, `repository-${++this.#count}`);
    if (fresh) return place();
    const key = `${kind} ${repository}`;
    const placed = this.#placed.get(key) ?? place();
    this.#placed.set(key, placed);
    return placed;
  }

  async stop() {
    await Promise.all([...this.#running.values()].map(async (store) => (await store).stop()));
  }

  /** @param {StoreKind} kind @returns {Promise<Store>} */
  #start(kind) {
    const known = this.#running.get(kind);
    if (known) return known;
    const started = kind === "s3" ? startS3(this.#latency) : startRest(join(this.#home, kind), this.#latency);
    this.#running.set(kind, started);
    return started;
  }
}

/** @param {string} folder @param {number} latency @returns {Promise<Store>} */
async function startRest(folder, latency) {
  const program = findPeers()["restic-rest-server"] ?? "";
  mkdirSync(folder, { recursive: true });
  const server = await launchRestServer(program, [
    ...["--path", folder],
    ...["--listen", "127.0.0.1:0"],
    "--no-auth",
  ]);
  const way = await startDelay(server.address, latency);
  return {
    async place(repository, name) {
      linkFolder(repository, join(folder, name));
      return { RESTIC_REPOSITORY: `rest:http://${way.address}/${name}/` };
    },
    async stop() {
      await Promise.all([way.stop(), server.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @param {number} latency @returns {Promise<Store>} */
async function startS3(latency) {
  const { endpoint, accessKeyId, secretAccessKey, stop } = await startCeph();
  const way = await startDelay(endpoint, latency);
  const bucket = "benchmark";
  return {
    async place(repository, name) {
      const source = createLocalStorage(repository);
      const target = createS3Storage({
        location: { endpoint, useHttps: false, bucket, prefix: name },
        credentials: { kind: "keys", accessKeyId, secretAccessKey },
      });
      await target.prepare();
      for (const type of types) {
        for await (const { name } of source.list(type)) {
          await target.save({ type, name }, await source.load({ type, name }));
        }
      }
      await target.close();
      return {
        RESTIC_REPOSITORY: `s3:http://${way.address}/${bucket}/${name}`,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      };
    },
    async stop() {
      await Promise.all([way.stop(), stop()]);
    },
  };
}

/**
 * A repository in a bucket of an S3 server, laid out as restic lays it out ("Repository Layout" in its design
 * document): one object for each file, the prefix and the usual path as its key. Each call is one request, except
 * where a comment says why not.
 */
import type { Readable } from "node:stream";
import {
  type ByteRange,
  type FileInfo,
  type FileType,
  type OperationOptions,
  type SaveOptions,
  type Storage,
  type StorageFile,
  checkRange,
  checkWithin,
  describeFile,
  folderOf,
  isObjectName,
  pathOf,
  throwIfCancelled,
} from "@tastic/storage";
import { isTasticError } from "@tastic/errors";
import type { S3Client } from "@aws-sdk/client-s3";
import { beyond, expectedLength, totalOf } from "./answer-range.js";
import { BodyLengthError, readBody } from "./body.js";
import { S3Connection, type Sdk } from "./connection.js";
import { Gate } from "./gate.js";
import { formatS3Location } from "./location.js";
import type { S3StorageOptions } from "./options.js";
import { objectToPut, putObject } from "./put-object.js";
import { alreadyExists, badAnswer, type Failed, s3Error } from "./s3-error.js";
import { ListingError, loadPage, type Page } from "./s3-list.js";
import { codeOf, statusOf } from "./service-error.js";
import { storageClassFor } from "./storage-class.js";

const defaultConnections = 5;

/**
 * The storage at a location in S3. Nothing is loaded or sent until an operation is called.
 * @throws TasticError invalid-argument for certificates that are none
 */
export function createS3Storage(options: S3StorageOptions): Storage {
  return new S3Storage(options);
}

type Work<T> = (client: S3Client, sdk: Sdk) => Promise<T>;

/** What storages of one bucket have in common. */
export interface SharedConnection {
  readonly connection: S3Connection;
  readonly gate: Gate;
}

export class S3Storage implements Storage {
  readonly location: string;
  readonly connections: number;
  readonly #options: S3StorageOptions;
  readonly #bucket: string;
  readonly #root: string;
  readonly #connection: S3Connection;
  readonly #gate: Gate;
  readonly #isShared: boolean;

  constructor(options: S3StorageOptions, shared?: SharedConnection) {
    const { bucket, prefix } = options.location;
    this.location = formatS3Location(options.location);
    this.connections = Math.max(1, options.connections ?? defaultConnections);
    this.#options = options;
    this.#bucket = bucket;
    this.#root = prefix === "" ? "" : `${prefix}/`;
    this.#connection = shared?.connection ?? new S3Connection(options);
    this.#gate = shared?.gate ?? new Gate(this.connections);
    this.#isShared = shared !== undefined;
  }

  /** Makes the bucket if it is missing. */
  async prepare(): Promise<void> {
    const failed = this.#failed("prepare", this.location, {}, undefined);
    try {
      // Rather than with HEAD, whose answer does not say why it is refused.
      await this.#gate.run(() => this.#page(this.#root, undefined, undefined, 1), undefined);
      return;
    } catch (error) {
      // Who may not list may yet read and write; what follows will show.
      if (codeOf(error) === "AccessDenied") return;
      if (codeOf(error) !== "NoSuchBucket") throw s3Error(error, failed());
    }
    try {
      await this.#run((client, sdk) => client.send(new sdk.CreateBucketCommand({ Bucket: this.#bucket })));
    } catch (error) {
      // Somebody else made it meanwhile, with the same keys.
      if (codeOf(error) === "BucketAlreadyOwnedByYou") return;
      throw s3Error(error, failed());
    }
  }

  async save(
    file: StorageFile,
    content: Uint8Array | readonly Uint8Array[],
    options: SaveOptions = {},
  ): Promise<void> {
    const key = this.#keyOf(file);
    const { signal } = options;
    await this.#attempt("save", file, signal, async (failed) => {
      const pieces = content instanceof Uint8Array ? [content] : content;
      const storageClass = storageClassFor(file, options, this.#options.storageClass);
      const object = { bucket: this.#bucket, key, pieces, storageClass };
      const hashed = objectToPut(object, this.#options.location.useHttps);
      const first = file.type === "config" && options.replace !== true;
      // A server that does not know conditions ignores them, or refuses. It has at least to be asked.
      if (first && (await this.#exists(file, signal))) throw alreadyExists(file, this.location);
      const put = (condition: { readonly IfNoneMatch?: "*" }) =>
        this.#run((client, sdk) => putObject(client, sdk, hashed, options, condition));
      try {
        await put(first ? { IfNoneMatch: "*" } : {});
      } catch (error) {
        if (first && statusOf(error) === 412) throw alreadyExists(file, this.location);
        if (!first || codeOf(error) !== "NotImplemented") throw s3Error(error, failed());
        await put({});
      }
    });
  }

  async load(file: StorageFile, range?: ByteRange, options: OperationOptions = {}) {
    const Key = this.#keyOf(file);
    const { signal } = options;
    if (range !== undefined) checkRange(file, range);
    // HTTP has no range without bytes.
    if (range?.length === 0) {
      const { size } = await this.stat(file, options);
      checkWithin(file, range, size);
      return new Uint8Array(0);
    }
    return this.#attempt("load", file, signal, async (failed) => {
      const Range =
        range === undefined ? undefined : `bytes=${range.offset}-${range.offset + range.length - 1}`;
      try {
        // The connection is in use until the body is read.
        return await this.#run(async (client, sdk) => {
          const command = new sdk.GetObjectCommand({ Bucket: this.#bucket, Key, Range });
          void options.traffic?.download(0);
          const answer = await client.send(command, { abortSignal: signal });
          const body = answer.Body as Readable | undefined;
          if (body === undefined) throw badAnswer(failed(), "the answer has no body");
          try {
            const length = expectedLength(file, range, answer, failed());
            return await readBody(body, length, options);
          } finally {
            body.destroy();
          }
        });
      } catch (error) {
        if (error instanceof BodyLengthError) throw badAnswer(failed(), error.message);
        if (statusOf(error) === 416 && range !== undefined) throw beyond(file, range, error);
        throw error;
      }
    });
  }

  async stat(file: StorageFile, options: OperationOptions = {}): Promise<FileInfo> {
    const { signal } = options;
    this.#keyOf(file);
    return this.#attempt("look at", file, signal, () => this.#stat(file, signal));
  }

  async *list(type: FileType, options: OperationOptions = {}): AsyncGenerator<FileInfo, void, undefined> {
    const { signal } = options;
    const action = `listing objects of type ${type}`;
    throwIfCancelled(signal, action);
    if (type === "config") {
      const config: StorageFile = { type, name: "" };
      const info = await this.stat(config, options).catch(noneWhereMissing);
      if (info !== undefined) yield info;
      return;
    }
    const folder = `${this.#root}${folderOf(type)}/`;
    const failed = this.#failed("list objects of type", `${type} in ${this.location}`, { type }, signal);
    for (let from: string | undefined; ;) {
      const page: Page = await this.#gate
        .run(() => this.#page(folder, from, signal), signal)
        .catch((error: unknown) => {
          throw error instanceof ListingError ? badAnswer(failed(), error.message) : s3Error(error, failed());
        });
      for (const { key, size } of page.objects) {
        const name = key.slice(key.lastIndexOf("/") + 1);
        if (!isObjectName(name) || key !== this.#keyOf({ type, name })) continue;
        yield { name, size };
        throwIfCancelled(signal, action);
      }
      if (page.next === undefined) return;
      from = page.next;
    }
  }

  /** Deleting says the same whether there was an object or not, so it takes a look before. */
  async remove(file: StorageFile, options: OperationOptions = {}): Promise<void> {
    const { signal } = options;
    const Key = this.#keyOf(file);
    await this.#attempt("remove", file, signal, async () => {
      await this.#stat(file, signal);
      await this.#run((client, sdk) =>
        client.send(new sdk.DeleteObjectCommand({ Bucket: this.#bucket, Key }), { abortSignal: signal }),
      );
    });
  }

  async close(): Promise<void> {
    if (!this.#isShared) await this.#connection.close();
  }

  #keyOf(file: StorageFile): string {
    return `${this.#root}${pathOf(file)}`;
  }

  #run<T>(work: Work<T>): Promise<T> {
    return this.#connection.run(work);
  }

  /** One operation on one object: when there is room for it, and with its errors translated. */
  async #attempt<T>(
    action: string,
    file: StorageFile,
    signal: AbortSignal | undefined,
    work: (failed: () => Failed) => Promise<T>,
  ): Promise<T> {
    const object = `${describeFile(file)} in ${this.location}`;
    const failed = this.#failed(action, object, { type: file.type, name: file.name }, signal);
    const run = (): Promise<T> => {
      signal?.throwIfAborted();
      return work(failed);
    };
    try {
      // A lock is renewed however busy the connections are: its holder's work depends on it.
      return await (file.type === "lock" ? run() : this.#gate.run(run, signal));
    } catch (error) {
      throw s3Error(error, failed());
    }
  }

  /** A function, since it changes whether the server has answered. */
  #failed(action: string, object: string, data: Failed["data"], signal: AbortSignal | undefined) {
    const { endpoint } = this.#options.location;
    return (): Failed => {
      const { region, answered } = this.#connection;
      return { action, object, data, signal, endpoint, region, answered };
    };
  }

  async #stat(file: StorageFile, signal: AbortSignal | undefined): Promise<FileInfo> {
    const input = { Bucket: this.#bucket, Key: this.#keyOf(file) };
    const options = { abortSignal: signal };
    const answer = await this.#run(async (client, sdk) => {
      try {
        return await client.send(new sdk.HeadObjectCommand(input), options);
      } catch (error) {
        // Why, is in the body of an answer, which this one has not: is it the object that is missing, or the bucket?
        const status = statusOf(error);
        if (status === undefined || status < 400 || status >= 500 || status === 429) throw error;
        const range = { ...input, Range: "bytes=0-0" };
        const byte = await client.send(new sdk.GetObjectCommand(range), options);
        // It has appeared since.
        (byte.Body as Readable | undefined)?.destroy();
        return { ContentLength: totalOf(byte.ContentRange) };
      }
    });
    const size = answer.ContentLength;
    if (size === undefined) {
      const object = `${describeFile(file)} in ${this.location}`;
      throw badAnswer({ action: "look at", object, data: { ...file } }, "the answer does not state its size");
    }
    return { name: file.name, size };
  }

  async #exists(file: StorageFile, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#stat(file, signal);
      return true;
    } catch (error) {
      if (statusOf(error) === 404 && codeOf(error) !== "NoSuchBucket") return false;
      throw error;
    }
  }

  #page(prefix: string, from: string | undefined, signal: AbortSignal | undefined, maximum?: number) {
    const request = { bucket: this.#bucket, prefix, from, signal, maximum };
    const version1 = this.#options.listObjectsV1 === true;
    return this.#run((client, sdk) => loadPage(client, sdk, { ...request, version1 }));
  }
}

/** For a listing of what may be missing. A missing bucket is more than that. */
function noneWhereMissing(error: unknown): undefined {
  if (isTasticError(error, "not-found") && error.data["serverCode"] !== "NoSuchBucket") return undefined;
  throw error;
}

/**
 * Small documents in a bucket that several processes change at the same time without losing a change, by S3's conditional
 * writes (`If-None-Match: *` and `If-Match` of PutObject). A document's version is its ETag.
 */
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { TasticError } from "@tastic/errors";
import type { S3Connection } from "./connection.js";
import { s3Error, type Failed } from "./s3-error.js";
import { loadPage } from "./s3-list.js";
import { codeOf, statusOf } from "./service-error.js";

export interface S3Document {
  readonly content: string;
  readonly version: string;
}

export interface S3DocumentsOptions {
  readonly connection: S3Connection;
  readonly bucket: string;
  /** Before each key; empty, or ends in "/". */
  readonly root: string;
  readonly endpoint: string;
  readonly location: string;
  readonly listObjectsV1: boolean;
}

const ending = ".json";
/** How often a write is tried that the server fails at, without having done it. */
const attempts = 4;
/** Metadata that tells one write of the same content from another. */
const writeHeader = "tastic-write";

export class S3Documents {
  readonly #options: S3DocumentsOptions;
  #checked: Promise<void> | undefined;
  /** ETags are in quotes (RFC 9110, section 8.8.3). Ceph before 18 compares with what it has without them. */
  #quotes = true;

  constructor(options: S3DocumentsOptions) {
    this.#options = options;
  }

  /** Undefined where there is none. */
  async read(name: string): Promise<S3Document | undefined> {
    return (await this.#read(name))?.document;
  }

  async #read(name: string): Promise<{ readonly document: S3Document; readonly write: string } | undefined> {
    return this.#try("read", name, async (input) => {
      try {
        return await this.#options.connection.run(async (client, sdk) => {
          const answer = await client.send(new sdk.GetObjectCommand(input));
          const pieces: Uint8Array[] = [];
          for await (const piece of answer.Body as Readable) pieces.push(piece as Uint8Array);
          if (answer.ETag === undefined) throw noConditions(this.#options.location);
          const document = { content: Buffer.concat(pieces).toString("utf8"), version: answer.ETag };
          return { document, write: answer.Metadata?.[writeHeader] ?? "" };
        });
      } catch (error) {
        if (statusOf(error) === 404 && codeOf(error) !== "NoSuchBucket") return undefined;
        throw error;
      }
    });
  }

  /**
   * Writes a document that is now of the version `expected`, undefined for one that does not exist. Returns false, and
   * changes nothing, where it is of another version.
   */
  async write(name: string, content: string, expected: string | undefined): Promise<boolean> {
    // A server that knows no conditions would lose changes without a word.
    if (this.#checked === undefined) {
      this.#checked = this.#check();
      // The next one asks again.
      this.#checked.catch(() => (this.#checked = undefined));
    }
    await this.#checked;
    return this.#put(name, content, expected);
  }

  /** The names of the documents `{folder}/{one part}`. */
  async *list(folder: string): AsyncGenerator<string, void, undefined> {
    const { bucket, connection, listObjectsV1: version1, root } = this.#options;
    const prefix = `${root}${folder}/`;
    for (let from: string | undefined; ;) {
      const request = { bucket, prefix, from, version1, signal: undefined };
      const page = await this.#try("list", folder, () =>
        connection.run((client, sdk) => loadPage(client, sdk, request)),
      );
      for (const { key } of page.objects) {
        const name = key.slice(root.length, -ending.length);
        if (key.endsWith(ending) && !name.slice(folder.length + 1).includes("/")) yield name;
      }
      if (page.next === undefined) return;
      from = page.next;
    }
  }

  /** Removes a document that nobody will ever write again; does nothing where there is none. */
  async remove(name: string): Promise<void> {
    await this.#try("remove", name, (input) =>
      this.#options.connection.run((client, sdk) => client.send(new sdk.DeleteObjectCommand(input))),
    );
  }

  /** Does the server keep conditions? */
  async #check(): Promise<void> {
    const name = `condition-check/${randomUUID()}`;
    const first = await this.#put(name, "1", undefined);
    const second = await this.#put(name, "2", undefined);
    const written = await this.read(name);
    const third = await this.#put(name, "3", `"${"0".repeat(32)}"`);
    let fourth = await this.#put(name, "4", written?.version ?? "");
    if (!fourth) {
      this.#quotes = false;
      fourth = await this.#put(name, "4", written?.version ?? "");
    }
    const fifth = await this.#put(name, "5", written?.version ?? "");
    await this.remove(name);
    const kept = first && !second && !third && fourth && !fifth && written?.content === "1";
    if (!kept) throw noConditions(this.#options.location);
  }

  async #put(name: string, content: string, expected: string | undefined, attempt = 1): Promise<boolean> {
    return this.#try("write", name, async (input) => {
      const Body = Buffer.from(content, "utf8");
      const tag = this.#quotes ? expected : expected?.replaceAll('"', "");
      const write = randomUUID();
      const condition = tag === undefined ? { IfNoneMatch: "*" } : { IfMatch: tag };
      try {
        await this.#options.connection.run((client, sdk) =>
          client.send(
            new sdk.PutObjectCommand({
              ...input,
              ...condition,
              Body,
              ContentLength: Body.length,
              ContentType: "application/json",
              Metadata: { [writeHeader]: write },
            }),
          ),
        );
        return true;
      } catch (error) {
        // Another version, one that is just being written, or none any more.
        const status = statusOf(error);
        if (status === 412 || status === 409 || (status === 404 && codeOf(error) !== "NoSuchBucket"))
          return false;
        if (status === undefined || status < 500) throw error;
        // Ceph fails so where two write at once; anybody may on the way. Was it written?
        const now = await this.#read(name);
        if (now?.write === write) return true;
        if (now?.document.version !== expected) return false;
        if (attempt === attempts) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * attempt));
        return this.#put(name, content, expected, attempt + 1);
      }
    });
  }

  async #try<T>(
    action: string,
    name: string,
    work: (input: { readonly Bucket: string; readonly Key: string }) => Promise<T>,
  ): Promise<T> {
    const { bucket, root, endpoint, location, connection } = this.#options;
    if (name.split("/").some((part) => part === "" || part === "." || part === "..")) {
      throw new TasticError("invalid-argument", `no document can have the name "${name.slice(0, 80)}"`);
    }
    try {
      return await work({ Bucket: bucket, Key: `${root}${name}${ending}` });
    } catch (error) {
      const { region, answered } = connection;
      const object = `the document ${name} in ${location}`;
      const failed: Failed = {
        action,
        object,
        data: { name },
        signal: undefined,
        endpoint,
        region,
        answered,
      };
      throw s3Error(error, failed);
    }
  }
}

function noConditions(location: string): TasticError {
  return new TasticError("unsupported", `the server of ${location} does not keep the conditions of a write`, {
    guidance: "Use a server with conditional writes: Amazon S3, MinIO or Ceph of today.",
  });
}

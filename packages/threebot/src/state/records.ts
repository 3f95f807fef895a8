/**
 * What the service remembers: one JSON document for each record, written whole or not at all, changed by one writer at a
 * time also when several processes share the folder, and read back only if it still has its shape.
 */
import { TasticError } from "@tastic/errors";
import { updateDocument, type DocumentStore } from "@tastic/rest-server";
import * as v from "valibot";

export class Records<Schema extends v.GenericSchema> {
  readonly #documents: DocumentStore;
  readonly #folder: string;
  readonly #schema: Schema;

  /** Records of one kind, in a folder of the documents. */
  constructor(documents: DocumentStore, folder: string, schema: Schema) {
    this.#documents = documents;
    this.#folder = folder;
    this.#schema = schema;
  }

  async read(name: string): Promise<v.InferOutput<Schema> | undefined> {
    const document = await this.#documents.read(this.#path(name));
    return document && this.#parse(name, document.content);
  }

  /**
   * Changes a record, or makes it. `change` gets what is there and returns what is to be; it may be called again if
   * another writer came first, and may throw to leave all as it is.
   */
  async update(
    name: string,
    change: (old: v.InferOutput<Schema> | undefined) => v.InferOutput<Schema>,
  ): Promise<v.InferOutput<Schema>> {
    const content = await updateDocument(this.#documents, this.#path(name), (old) =>
      JSON.stringify(change(old === undefined ? undefined : this.#parse(name, old))),
    );
    if (content === undefined) throw new TasticError("internal", `${this.#path(name)} was not written`);
    return this.#parse(name, content);
  }

  async *names(): AsyncGenerator<string, void, undefined> {
    for await (const path of this.#documents.list(this.#folder)) yield path.slice(this.#folder.length + 1);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<v.InferOutput<Schema>, void, undefined> {
    for await (const name of this.names()) {
      const record = await this.read(name);
      if (record !== undefined) yield record;
    }
  }

  /** Removes a record whose name is never used again. */
  async remove(name: string): Promise<void> {
    await this.#documents.remove(this.#path(name));
  }

  #path(name: string): string {
    return `${this.#folder}/${name}`;
  }

  #parse(name: string, content: string): v.InferOutput<Schema> {
    try {
      return v.parse(this.#schema, JSON.parse(content));
    } catch (cause) {
      throw new TasticError("invalid-format", `the record ${this.#path(name)} is not what it has to be`, {
        guidance:
          "Put an older version of it in its place; the numbered files in its folder are its last versions.",
        cause,
      });
    }
  }
}

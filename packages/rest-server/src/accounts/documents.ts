/**
 * Small documents that several servers change at the same time without losing a change: each write says which version
 * it was made from, and is refused if that is no longer the newest. What may come again is
 * not removed; that it is over is said in the document, so that a version never comes back.
 */
import { TasticError } from "@tastic/errors";

export interface StoredDocument {
  readonly content: string;
  readonly version: string;
}

export interface DocumentStore {
  /** Undefined where there is none. `name` is parts of letters, digits, `._@%-`, with "/" between them. */
  read(name: string): Promise<StoredDocument | undefined>;
  /**
   * Writes a document that is now of the version `expected`, undefined for one that does not exist.
   * Returns false, and changes nothing, where it is of another version.
   */
  write(name: string, content: string, expected: string | undefined): Promise<boolean>;
  /** The names of the documents `{folder}/{one part}`. */
  list(folder: string): AsyncIterable<string>;
  /** Removes a document that nobody will ever write again; does nothing where there is none. */
  remove(name: string): Promise<void>;
}

const attempts = 50;

/**
 * Changes a document. `change` may be called several times, each time with the newest content, and returns what it is to
 * become, or undefined to leave it. Returns the content that is stored then.
 */
export async function updateDocument(
  documents: DocumentStore,
  name: string,
  change: (content: string | undefined) => string | undefined,
): Promise<string | undefined> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const old = await documents.read(name);
    const content = change(old?.content);
    if (content === undefined || content === old?.content) return old?.content;
    if (await documents.write(name, content, old?.version)) return content;
    // Whoever was quicker is given room, each a different while.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * Math.min(attempt + 1, 10)));
  }
  throw new TasticError("storage-failed", `${name} is being changed by too many at once`, {
    guidance: "Try again.",
    data: { name },
  });
}

/** Throws for names that could lead elsewhere. */
export function checkDocumentName(name: string): void {
  const good = name
    .split("/")
    .every((part) => /^[\p{L}\p{N}._@%-]{1,200}$/u.test(part) && !/^\.+$/.test(part));
  if (!good)
    throw new TasticError("invalid-argument", `no document can have the name "${name.slice(0, 80)}"`);
}

/** Documents that are gone when the process is. */
export function createMemoryDocuments(): DocumentStore {
  const kept = new Map<string, StoredDocument>();
  return {
    read: (name) => Promise.resolve(kept.get(name)),
    write(name, content, expected) {
      checkDocumentName(name);
      const version = kept.get(name)?.version;
      if (version !== expected) return Promise.resolve(false);
      kept.set(name, { content, version: String(Number(version ?? 0) + 1) });
      return Promise.resolve(true);
    },
    remove(name) {
      kept.delete(name);
      return Promise.resolve();
    },
    async *list(folder) {
      for (const name of kept.keys()) {
        if (name.startsWith(`${folder}/`) && !name.slice(folder.length + 1).includes("/")) yield name;
      }
    },
  };
}

/** A server that dies, without a process of its own to be killed. */
import type { DocumentStore } from "@tastic/rest-server";

/** Documents of a server that is killed: from then on it neither reads nor writes any. */
export function mortal(documents: DocumentStore): { readonly documents: DocumentStore; kill(): void } {
  let dead = false;
  const alive = (): void => {
    if (dead) throw new Error("this server is dead");
  };
  return {
    kill: () => (dead = true),
    documents: {
      read: async (name) => (alive(), documents.read(name)),
      write: async (name, content, expected) => (alive(), documents.write(name, content, expected)),
      list: (folder) => (alive(), documents.list(folder)),
      remove: async (name) => (alive(), documents.remove(name)),
    },
  };
}

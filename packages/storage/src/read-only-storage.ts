/** A storage that can be read and never changed, whatever the code above it does: for `--no-lock` and dry runs. */
import { TasticError } from "@tastic/errors";
import type { Storage } from "./storage.js";

/** `inner`, where `prepare`, `save` and `remove` fail with `access-denied`. */
export function createReadOnlyStorage(inner: Storage): Storage {
  const refuse = async (): Promise<never> => {
    throw new TasticError("access-denied", `${inner.location} is opened read-only`, {
      guidance: "Open the repository for writing to change it.",
    });
  };
  return {
    location: inner.location,
    connections: inner.connections,
    prepare: refuse,
    save: refuse,
    load: (file, range, options) => inner.load(file, range, options),
    stat: (file, options) => inner.stat(file, options),
    list: (type, options) => inner.list(type, options),
    remove: refuse,
    close: () => inner.close(),
  };
}

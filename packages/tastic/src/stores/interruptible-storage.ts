/**
 * A storage whose reading ends with a signal, also where the caller hands over none: a server that is away would otherwise
 * keep a command that the user has interrupted for a quarter of an hour. What changes the store goes on, since
 * it is also what clears up.
 */
import type { OperationOptions, Storage } from "@tastic/storage";

export function interruptible(storage: Storage, signal: AbortSignal): Storage {
  // The signals that commands hand over end with this one, too.
  const within = (options: OperationOptions | undefined): OperationOptions =>
    options?.signal === undefined ? { ...options, signal } : options;
  return {
    location: storage.location,
    connections: storage.connections,
    prepare: () => storage.prepare(),
    save: (file, content, options) => storage.save(file, content, options),
    load: (file, range, options) => storage.load(file, range, within(options)),
    stat: (file, options) => storage.stat(file, within(options)),
    list: (type, options) => storage.list(type, within(options)),
    remove: (file, options) => storage.remove(file, options),
    close: () => storage.close(),
  };
}

/**
 * A worker of a restore: gets stretches of packs, and writes what is in them.
 */
import { BlobReader } from "@tastic/repository";
import type { BlobReaderSettings } from "@tastic/repository";
import type { RestoreAnswer, RestoreTask, RestoreWorkerOptions } from "./restore-task.js";
import { serveTasks } from "../workers/serve-tasks.js";
import { StretchWriter } from "./stretch-writer.js";

export interface RestoreWorkerSettings {
  readonly reader: BlobReaderSettings;
  readonly options: RestoreWorkerOptions;
}

serveTasks<RestoreWorkerSettings, RestoreTask, RestoreAnswer>(
  ({ reader, options }) => {
    const writer = new StretchWriter(BlobReader.attach(reader), options);
    return (task) => writer.write(task);
  },
  ({ states, identities, times }) => [states.buffer, identities.buffer, times.buffer],
);

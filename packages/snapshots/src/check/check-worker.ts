/**
 * A worker of a check: gets packs in pieces, and verifies them.
 */
import { BlobReader } from "@tastic/repository";
import type { BlobReaderSettings } from "@tastic/repository";
import { CheckTasks } from "./check-task.js";
import type { CheckAnswer, CheckTask } from "./check-task.js";
import { serveTasks } from "../workers/serve-tasks.js";

serveTasks<BlobReaderSettings, CheckTask, CheckAnswer>((settings) => {
  const tasks = new CheckTasks(BlobReader.attach(settings));
  return (task) => tasks.do(task);
});

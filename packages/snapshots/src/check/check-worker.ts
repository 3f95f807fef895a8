/**
 * A worker of a check: gets packs in pieces, and verifies them.
 */
import { BlobReader } from "@tastic/repository";
import type { BlobReaderSettings } from "@tastic/repository";
import { workerData } from "node:worker_threads";
import { CheckTasks } from "./check-task.js";
import type { CheckAnswer, CheckTask } from "./check-task.js";
import { serveTasks } from "../workers/serve-tasks.js";

const tasks = new CheckTasks(BlobReader.attach(workerData as BlobReaderSettings));

serveTasks<CheckTask, CheckAnswer>((task) => tasks.do(task));

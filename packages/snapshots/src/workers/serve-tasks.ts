/**
 * The worker's side of `WorkerHand`: does each task as it comes, and replies.
 */
import { TasticError, messageOf } from "@tastic/errors";
import { parentPort } from "node:worker_threads";
import { doAtOnce } from "./worker-hand.js";
import type { Order, Reply, Work } from "./worker-hand.js";

/**
 * Serves until the thread is ended.
 * @param start makes the one who does the tasks, from the settings that come first
 * @param transferOf memory of an answer that the asker gets rather than a copy
 */
export function serveTasks<Settings, Task, Answer>(
  start: (settings: Settings) => Work<Task, Answer>,
  transferOf: (answer: Answer) => readonly ArrayBuffer[] = () => [],
): void {
  const port = parentPort;
  if (port === null) throw new TasticError("internal", "a worker was started as a program of its own");
  const reply = (message: Reply<Answer>, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  let work: Work<Task, Answer> | undefined;
  port.on("message", (order: Order<Task>) => {
    if ("settings" in order) {
      work = start(order.settings as Settings);
      return;
    }
    try {
      if (work === undefined) throw new TasticError("internal", "a worker got a task before its settings");
      const answer = doAtOnce(work, order.task);
      reply({ answer }, transferOf(answer));
    } catch (error) {
      const { code, guidance } =
        error instanceof TasticError ? error : { code: "internal" as const, guidance: undefined };
      reply({ failure: { code, guidance, message: messageOf(error) } });
    }
  });
}

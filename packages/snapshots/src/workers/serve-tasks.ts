/**
 * The worker's side of `WorkerHand`: does each task as it comes, and replies.
 */
import { TasticError, messageOf } from "@tastic/errors";
import { parentPort } from "node:worker_threads";
import { doAtOnce } from "./worker-hand.js";
import type { Reply, Work } from "./worker-hand.js";

/**
 * Serves until the thread is ended.
 * @param transferOf memory of an answer that the asker gets rather than a copy
 */
export function serveTasks<Task, Answer>(
  work: Work<Task, Answer>,
  transferOf: (answer: Answer) => readonly ArrayBuffer[] = () => [],
): void {
  const port = parentPort;
  if (port === null) throw new TasticError("internal", "a worker was started as a program of its own");
  const reply = (message: Reply<Answer>, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  port.on("message", (task: Task) => {
    try {
      const answer = doAtOnce(work, task);
      reply({ answer }, transferOf(answer));
    } catch (error) {
      const { code, guidance } =
        error instanceof TasticError ? error : { code: "internal" as const, guidance: undefined };
      reply({ failure: { code, guidance, message: messageOf(error) } });
    }
  });
}

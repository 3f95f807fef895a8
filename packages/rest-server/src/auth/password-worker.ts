/** The thread on which passwords are hashed: bcrypt takes a tenth of a second by design, in which nothing else runs. */
import { parentPort } from "node:worker_threads";
import { compareSync, genSaltSync, hashSync } from "bcryptjs";
import type { PasswordAnswer, PasswordQuestion } from "./passwords.js";

function answer({ id, password, hash, cost }: PasswordQuestion): PasswordAnswer {
  try {
    if (hash === undefined) return { id, hash: hashSync(password, genSaltSync(cost)) };
    return { id, same: compareSync(password, hash) };
  } catch {
    // A hash that is none: nothing is the same as it.
    return { id, same: false };
  }
}

parentPort?.on("message", (question: PasswordQuestion) => parentPort?.postMessage(answer(question)));

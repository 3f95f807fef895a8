// A worker for the tests of `WorkerHand`: does as each task says.
import { TasticError } from "@tastic/errors";
import { serveTasks } from "../../dist/workers/serve-tasks.js";

serveTasks((settings) => (task) => {
  if (task === "exit") process.exit(7);
  if (task === "throw") throw new TasticError("no-space", "no room", { guidance: "Make some." });
  if (task === "break") throw new TypeError("broken");
  return `${settings}: ${task instanceof Uint8Array ? task.length : task}`;
});

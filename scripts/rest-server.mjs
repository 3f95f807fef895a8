// Starts the real rest-server, for tests and benchmarks.
import { spawn } from "node:child_process";
import { connect } from "node:net";

/** Starts it and waits until it listens. `stop` kills it as the power would, or lets it end (SIGTERM). */
export async function launchRestServer(program, args) {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", () => resolve()));
  const stop = async (signal = "SIGKILL") => {
    child.kill(signal);
    await ended;
  };
  const address = await new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (text) => {
      said += text.toString();
      const found = /start server on (\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error(`rest-server ended: ${said}`)));
  });
  // It says so just before it listens.
  const port = /:(\d+)$/.exec(address)?.[1];
  if (port !== undefined) await listening(Number(port));
  return { address, stop };
}

function listening(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}

/** `tastic serve webdav` and `serve http`, started for a test on a port of its own. */
import { onTestFinished } from "vitest";
import { startTastic, type Running } from "./peers.js";
import { whenServing } from "./serving.js";

export interface ServedSnapshots {
  /** Such as "http://127.0.0.1:43211/". */
  readonly url: string;
  readonly running: Running;
  /** What it has printed on standard error so far. */
  said(): string;
  stop(signal?: "SIGKILL" | "SIGTERM" | "SIGINT"): Promise<number | null>;
}

export interface ServeOptions {
  readonly repo: string;
  readonly args?: readonly string[];
  /** The address to listen on; loopback with a free port if not given. */
  readonly listen?: string;
  /** Ends it with the test; true if not given. Whoever starts it for several tests stops it. */
  readonly forTest?: boolean;
}

export async function serveSnapshots(
  face: "webdav" | "http",
  { repo, args = [], listen = "127.0.0.1:0", forTest = true }: ServeOptions,
): Promise<ServedSnapshots> {
  const running = await startTastic(["serve", face, "--listen", listen, ...args], { repo, timeout: 600_000 });
  const serving = await whenServing(running);
  const stop = async (signal: "SIGKILL" | "SIGTERM" | "SIGINT" = "SIGTERM"): Promise<number | null> => {
    running.child.kill(signal);
    return (await running.finished).code;
  };
  if (forTest) onTestFinished(async () => void (await stop("SIGKILL")));
  const scheme = args.includes("--tls") ? "https" : "http";
  return {
    url: `${scheme}://${serving.address.replace("0.0.0.0", "127.0.0.1")}/`,
    running,
    said: () => serving.said(),
    stop,
  };
}

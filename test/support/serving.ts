/** A server that was started for a test, and where it listens. */
import type { Running } from "./peers.js";

export interface Serving {
  /** Host and port. */
  readonly address: string;
  /** What it has printed on standard error so far. */
  said(): string;
}

/** Waits until it says that it serves. Throws what it said, if it ends instead. */
export async function whenServing({ child, finished }: Running): Promise<Serving> {
  let said = "";
  finished.catch(() => undefined);
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr?.on("data", (text: Buffer) => {
      said += text.toString();
      const found = /start server on (\S+)\n/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("close", () => reject(new Error(`the server ended: ${said}`)));
  });
  return { address, said: () => said };
}

/** Addresses on which nothing listens now, for servers that have to be found again after a restart. */
import { createServer } from "node:net";

/** Below the range from which systems take ports for whoever asks for any: nobody else gets them while a server is down. */
const [lowest, highest] = [15_000, 32_000];

export async function freeAddresses(count: number): Promise<string[]> {
  const found = new Set<string>();
  while (found.size < count) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) found.add(`127.0.0.1:${port}`);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

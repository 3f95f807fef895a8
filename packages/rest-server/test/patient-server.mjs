// A server for tests of many connections, in a process of its own: it waits ten minutes for headers and bodies, so that
// how quickly a test makes its connections does not matter.
import { mkdirSync } from "node:fs";
import { createLocalRepositories, createRestServer, listen } from "@tastic/rest-server";

const [folder] = process.argv.slice(2);
const patience = 600_000;
mkdirSync(folder, { recursive: true });
const server = await createRestServer({
  repositories: createLocalRepositories(folder),
  authentication: { kind: "none" },
  settings: { bodyPatience: patience },
});
await server.start();
const { address } = await listen(server.handle, {
  address: "127.0.0.1:0",
  timeouts: { headers: patience, idle: patience },
});
process.stderr.write(`start server on ${address}\n`);

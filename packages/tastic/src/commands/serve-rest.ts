/** `serve rest`: a server that speaks restic's REST protocol, with rest-server's flags. */
import { createLocalRepositories, createRestServer, createTextLog, listen } from "@tastic/rest-server";
import { defineCommand } from "../command.js";
import { on, text } from "../flags.js";

export const command = defineCommand({
  usage: "[flags]",
  description: "Serves repositories over HTTP to restic and tastic.",
  flags: {
    listen: text("address", "listen on this address, or on unix:/path", { initial: ":8000" }),
    path: text("directory", "where the repositories are", { initial: "/tmp/restic" }),
    noAuth: on("let everybody in"),
  },
  async run({ signal }, { flags }) {
    const log = createTextLog((line) => process.stderr.write(line));
    const server = createRestServer({ repositories: createLocalRepositories(flags.path), log });
    const listening = await listen((request, response) => void server.handle(request, response), {
      address: flags.listen,
    });
    log.info(`start server on ${listening.address}`);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await listening.close();
  },
});

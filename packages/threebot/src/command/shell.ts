/** `3bot-backup shell`: the prompt, on a service that runs or on the state of one that does not. */
import { createTextLog } from "@tastic/rest-server";
import { createClient } from "../owner-api/client.js";
import { runPrompt } from "../shell/prompt.js";
import { parseFlags, type Flags } from "./flags.js";
import { ownerPlace, stateFlags, type OpenOwner } from "./state-flags.js";
import { secretOf, type Terminal } from "./terminal.js";

export const shellFlags = {
  service: {
    value: "URL",
    help: "of a service that runs: http://127.0.0.1:8700; else the state is opened here",
  },
  "token-file": { value: "FILE", help: "a token of that service (variable THREEBOT_TOKEN)" },
  ...stateFlags,
} satisfies Flags;

export async function shell(args: readonly string[], terminal: Terminal, open: OpenOwner): Promise<number> {
  const flags = parseFlags(args, shellFlags);
  const { input, output } = terminal;
  const settings = { input, output, terminal: input.isTTY === true };
  const service = flags.text("service");
  if (service !== undefined) {
    const token = await secretOf(terminal, {
      what: "the token",
      file: flags.text("token-file"),
      variable: "THREEBOT_TOKEN",
    });
    return (await runPrompt({ owner: createClient(service, { token }), ...settings })) ? 0 : 1;
  }
  const log = createTextLog((line) => terminal.err(line), "warn");
  const owner = await open(ownerPlace(flags, terminal, log));
  try {
    return (await runPrompt({ owner, ...settings })) ? 0 : 1;
  } finally {
    await owner.stop();
  }
}

/** `key list`: the keys, which each stand for a password. */
import { messageOf } from "@tastic/errors";
import { shortId } from "@tastic/format";
import type { KeyId } from "@tastic/format";
import { describeKey, listKeyIds } from "@tastic/repository";
import type { KeyInfo, Repository } from "@tastic/repository";
import { defineCommand } from "../command.js";
import type { Output } from "../output/output.js";
import { withRepository } from "../open-repository.js";
import { goJson } from "../output/go-json.js";
import { formatLocalTime } from "../output/local-time.js";
import { tableLines } from "../output/table.js";
import type { Column } from "../output/table.js";
import { usageError } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags]",
  description: "Lists the keys; an asterisk marks the one in use.",
  flags: {},
  async run(context, { args }) {
    if (args.length > 0) {
      throw usageError(
        "the key list command expects no arguments, only options - please see `restic help key list` for usage and flags",
      );
    }
    const { output } = context;
    await withRepository(context, "read", async (repository) => {
      const keys = await loadKeys(repository, output);
      if (output.json) output.result(`[${keys.map((key) => keyJson(key, repository.keyId)).join(",")}]`);
      else for (const line of tableLines(columnsFor(repository.keyId), keys)) output.result(line);
    });
  },
});

/** All keys but those that cannot be read. */
async function loadKeys({ storage, crypto }: Repository, output: Output): Promise<KeyInfo[]> {
  const keys: KeyInfo[] = [];
  for (const id of await listKeyIds(storage)) {
    try {
      keys.push(await describeKey(storage, crypto, id));
    } catch (error) {
      output.error(`LoadKey failed: ${messageOf(error)}`);
    }
  }
  return keys;
}

function keyJson({ id, username, hostname, created }: KeyInfo, current: KeyId): string {
  return goJson({
    current: id === current,
    id,
    userName: username,
    hostName: hostname,
    created: formatLocalTime(created),
  });
}

function columnsFor(current: KeyId): Column<KeyInfo>[] {
  return [
    { title: " ID", cell: ({ id }) => [`${id === current ? "*" : " "}${shortId(id)}`] },
    { title: "User", cell: ({ username }) => [username] },
    { title: "Host", cell: ({ hostname }) => [hostname] },
    { title: "Created", cell: ({ created }) => [formatLocalTime(created)] },
  ];
}

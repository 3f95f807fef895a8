/** `serve rest --account ACTION NAME`: managing accounts without a running server, or beside one. */
import { readFileSync } from "node:fs";
import { storageError } from "@tastic/storage";
import type { Account, AccountPolicy, Accounts, RestServer } from "@tastic/rest-server";
import { formatBytes } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { tableLines } from "../output/table.js";
import { askPassword, readPasswordLine } from "../password-prompt.js";
import { fatal, usageError } from "../text-error.js";
import type { ServeValues } from "./flags.js";

export async function manageAccounts(
  context: Context,
  flags: ServeValues,
  args: readonly string[],
  server: RestServer,
): Promise<void> {
  const { accounts } = server;
  const [name, ...more] = args;
  if (flags.account === "list") {
    if (name !== undefined) throw usageError("--account list expects no name");
    return showAll(context, await accounts.list());
  }
  if (name === undefined || more.length > 0) throw usageError(`--account ${flags.account} expects one name`);
  await act(context, flags, name, accounts);
}

async function act(context: Context, flags: ServeValues, name: string, accounts: Accounts): Promise<void> {
  const { output } = context;
  switch (flags.account) {
    case "create":
      await accounts.create(name, await newPassword(context, flags), policyOf(flags));
      return output.info(`account ${name} created`);
    case "password":
      await accounts.setPassword(name, await newPassword(context, flags));
      return output.info(`password of account ${name} changed`);
    case "policy":
      await accounts.setPolicy(name, policyOf(flags));
      return output.info(`account ${name} changed`);
    case "suspend":
      await accounts.suspend(name);
      return output.info(`account ${name} suspended`);
    case "resume":
      await accounts.resume(name);
      return output.info(`account ${name} resumed`);
    case "remove":
      await accounts.remove(name);
      return output.info(`account ${name} removed; what it has stored is left`);
    case "show": {
      const account = await accounts.get(name);
      if (output.json) return output.value(account);
      return showAll(context, [account]);
    }
    case "list":
    case "":
      throw usageError("give --account an action");
  }
}

/** Only what was given. */
function policyOf({ quota, appendOnly, trashDays }: ServeValues): AccountPolicy {
  return {
    ...(quota === undefined ? {} : { quota }),
    ...(appendOnly ? { appendOnly } : {}),
    ...(trashDays === undefined ? {} : { trashDays }),
  };
}

async function newPassword({ signal }: Context, { accountPasswordFile }: ServeValues): Promise<string> {
  if (accountPasswordFile !== "") {
    try {
      return readFileSync(accountPasswordFile, "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      throw storageError(error, "read", accountPasswordFile);
    }
  }
  if (!process.stdin.isTTY) return readPasswordLine();
  const password = await askPassword("password of the account: ", signal);
  if (password === (await askPassword("again: ", signal))) return password;
  throw fatal("passwords do not match");
}

function showAll({ output }: Context, accounts: readonly Account[]): void {
  if (output.json) return output.value(accounts);
  const columns = [
    { title: "Name", cell: ({ name }: Account) => [name] },
    { title: "State", cell: ({ state }: Account) => [state] },
    { title: "Quota", cell: ({ quota }: Account) => [quota === undefined ? "" : formatBytes(quota)] },
    { title: "Append-only", cell: ({ appendOnly }: Account) => [appendOnly ? "yes" : ""] },
    {
      title: "Trash days",
      cell: ({ trashDays }: Account) => [trashDays === undefined ? "" : String(trashDays)],
    },
    { title: "Created", cell: ({ created }: Account) => [created] },
  ];
  for (const line of tableLines(columns, accounts)) output.result(line);
}

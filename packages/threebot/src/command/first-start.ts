/** What the command line, variables and a handover say of how a 3Bot begins. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TasticError } from "@tastic/errors";
import { createLocalDocuments, localModes } from "@tastic/rest-server";
import { hasSystemCode, storageError } from "@tastic/storage";
import * as v from "valibot";
import { handover, type Handover } from "../deployer/target.js";
import { Records } from "../state/records.js";
import type { Beginning } from "./beginning.js";
import type { Flags, FlagValues } from "./flags.js";
import { givenSecret, type Terminal } from "./terminal.js";

export const firstStartFlags = {
  name: { value: "NAME", help: "sets the marketplace up at the first start, under this name" },
  recover: { help: "brings the backups of this name back at the first start" },
  "password-file": { value: "FILE", help: "the password of the backups (variable BACKUP_PASSWORD)" },
  "token-file": { value: "FILE", help: "the token of a new name (variable BACKUP_TOKEN)" },
  setup: {
    value: "FILE",
    help: "all of this in one file, which a deployer has written and which is removed then",
  },
} satisfies Flags;

type Values = FlagValues<keyof typeof firstStartFlags>;

/** The handover in the file of `--setup`; undefined if there is none any more. @throws TasticError invalid-format */
export async function handoverOf(flags: Values): Promise<Handover | undefined> {
  const file = flags.text("setup");
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT"])) return undefined;
    throw storageError(error, "read", file);
  }
  try {
    return v.parse(handover, JSON.parse(text));
  } catch {
    // What was wrong with it would say what is in it.
    throw new TasticError("invalid-format", `${file} is no handover`);
  }
}

/** @throws TasticError invalid-argument */
export async function beginningOf(
  flags: Values,
  terminal: Terminal,
  given: Handover | undefined,
): Promise<Beginning | undefined> {
  const passwordSource = {
    what: "the password of the backups",
    file: flags.text("password-file"),
    variable: "BACKUP_PASSWORD",
  };
  const tokenSource = { what: "the token", file: flags.text("token-file"), variable: "BACKUP_TOKEN" };
  // Taken from the variables at every start, also where they are not needed.
  const known = await givenSecret(terminal, passwordSource);
  const token = await givenSecret(terminal, tokenSource);
  if (given !== undefined) {
    const { name, password, intent } = given;
    return { name, password, intent, token: undefined, file: flags.text("setup") };
  }
  const name = flags.text("name");
  if (name === undefined) {
    if (!flags.isOn("recover")) return undefined;
    throw new TasticError("invalid-argument", "--recover needs --name", {
      guidance: "Whose backups are they?",
    });
  }
  return {
    name,
    password: known,
    token,
    intent: flags.isOn("recover") ? "recover" : "create",
    file: undefined,
  };
}

/** The marketplace of a handover, which is there once, for all starts that follow. */
export async function rememberMarketplace(
  stateFolder: string,
  given: string | undefined,
): Promise<string | undefined> {
  const documents = createLocalDocuments(join(stateFolder, "access"), localModes(false));
  const records = new Records(documents, "hosted", v.object({ marketplace: v.string() }));
  if (given === undefined) return (await records.read("this"))?.marketplace;
  return (await records.update("this", () => ({ marketplace: given }))).marketplace;
}

/**
 * The first start of a hosted 3Bot: whoever starts it passes its name, the password of its backups and, for a new name, a
 * token, and says whether it is new or comes back.
 */
import { TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import type { OwnerService } from "../owner/service.js";
import type { Flags, FlagValues } from "./flags.js";
import { givenSecret, secretOf, type Terminal } from "./terminal.js";

export const firstStartFlags = {
  name: { value: "NAME", help: "sets the marketplace up at the first start, under this name" },
  recover: { help: "brings the backups of this name back at the first start" },
  "password-file": { value: "FILE", help: "the password of the backups (variable BACKUP_PASSWORD)" },
  "token-file": { value: "FILE", help: "the token of a new name (variable BACKUP_TOKEN)" },
} satisfies Flags;

export async function firstStart(
  flags: FlagValues<keyof typeof firstStartFlags>,
  terminal: Terminal,
  owner: OwnerService,
  log: Log,
): Promise<void> {
  const name = flags.text("name");
  if (name === undefined) {
    if (flags.isOn("recover"))
      throw new TasticError("invalid-argument", "--recover needs --name", {
        guidance: "Whose backups are they?",
      });
    return;
  }
  const passwordSource = {
    what: "the password of the backups",
    file: flags.text("password-file"),
    variable: "BACKUP_PASSWORD",
  };
  const tokenSource = { what: "the token", file: flags.text("token-file"), variable: "BACKUP_TOKEN" };
  // Taken from the variables at every start, also where they are not needed.
  const given = await givenSecret(terminal, passwordSource);
  const token = await givenSecret(terminal, tokenSource);
  const { places } = await owner.status();
  const known = places.find(({ place }) => place === "marketplace")?.state;
  if (known === "ready") return;
  const password = given ?? (await secretOf(terminal, { ...passwordSource, file: undefined }));
  if (flags.isOn("recover")) {
    log.info("bringing the backups back", { name });
    await owner.recover({ from: { place: "marketplace", name, password } });
    return;
  }
  const { state } = await owner.setUpMarketplace({ name, password, token });
  if (state === "recovery-undecided")
    log.warn("there are backups of this name already: its page asks what is to become of them", { name });
}

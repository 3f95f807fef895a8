/** `3bot-backup recover`: everything back, from a name and a password, or from the fields of a Minio. */
import { TasticError } from "@tastic/errors";
import { createTextLog } from "@tastic/rest-server";
import type { OwnerService, Recoverable, RecoverFrom, Run } from "../owner/service.js";
import { isAllBack, untilEnded } from "../owner-api/until-ended.js";
import { visibleText } from "../shell/value.js";
import { parseFlags, type Flags, type FlagValues } from "./flags.js";
import { ownerPlace, stateFlags, type OpenOwner } from "./state-flags.js";
import { ask, secretOf, type Terminal } from "./terminal.js";

export const recoverFlags = {
  name: { value: "NAME", help: "of the 3Bot, for backups at the marketplace" },
  "minio-url": { value: "URL", help: "for backups at a Minio" },
  "access-key": { value: "KEY", help: "of the Minio (variable AWS_ACCESS_KEY_ID)" },
  "secret-key-file": { value: "FILE", help: "of the Minio (variable AWS_SECRET_ACCESS_KEY)" },
  bucket: { value: "NAME", help: "of the Minio (threebotbackup)" },
  prefix: { value: "PATH", help: "in the bucket" },
  "password-file": { value: "FILE", help: "the password of the backups (variable BACKUP_PASSWORD)" },
  snapshot: { value: "ID", help: "another than the newest complete one" },
  target: { value: "FOLDER", help: "below which everything comes; where it came from if not given" },
  list: { help: "only say what there is" },
  yes: { help: "do not ask" },
  ...stateFlags,
} satisfies Flags;

type Values = FlagValues<keyof typeof recoverFlags>;

/** As restic's: something could not be restored. */
const incomplete = 3;
const shown = 10;

export async function recover(args: readonly string[], terminal: Terminal, open: OpenOwner): Promise<number> {
  const flags = parseFlags(args, recoverFlags);
  const from = await sourceOf(flags, terminal);
  const log = createTextLog((line) => terminal.err(line), "warn");
  const owner = await open(ownerPlace(flags, terminal, log));
  try {
    const found = await owner.findRecoverable(from);
    tellFound(terminal, found);
    const snapshot = chosenOf(flags, found);
    if (flags.isOn("list")) return 0;
    await agree(flags, terminal, snapshot);
    const target = flags.text("target");
    return await runTo(owner, await owner.recover({ from, snapshot, target }), terminal);
  } finally {
    await owner.stop();
  }
}

async function sourceOf(flags: Values, terminal: Terminal): Promise<RecoverFrom> {
  const [name, url] = [flags.text("name"), flags.text("minio-url")];
  if ((name === undefined) === (url === undefined))
    throw new TasticError("invalid-argument", "give either --name or --minio-url");
  const password = (): Promise<string> =>
    secretOf(terminal, {
      what: "the password of the backups",
      file: flags.text("password-file"),
      variable: "BACKUP_PASSWORD",
    });
  if (name !== undefined) return { place: "marketplace", name, password: await password() };
  const accessKey = flags.text("access-key") ?? terminal.variables["AWS_ACCESS_KEY_ID"];
  if (url === undefined || accessKey === undefined)
    throw new TasticError("invalid-argument", "--access-key is needed");
  const secretKey = await secretOf(terminal, {
    what: "the secret key",
    file: flags.text("secret-key-file"),
    variable: "AWS_SECRET_ACCESS_KEY",
  });
  const [bucket, prefix] = [flags.text("bucket"), flags.text("prefix")];
  return { place: "minio", url, accessKey, secretKey, password: await password(), bucket, prefix };
}

function tellFound(terminal: Terminal, { copies, snapshots, newestComplete }: Recoverable): void {
  for (const { url, finding } of copies) {
    const many = `${finding.snapshots} snapshots, the newest of ${finding.newest ?? "no time"}`;
    const said = finding.problem?.message ?? (finding.found === "existing" ? many : finding.found);
    terminal.out(`${visibleText(url)}: ${visibleText(said)}\n`);
  }
  for (const { id, snapshot, complete } of snapshots.slice(0, shown)) {
    const mark = id === newestComplete ? "*" : complete ? " " : "-";
    const paths = snapshot.paths.map(visibleText).join(" ");
    terminal.out(`${mark} ${id.slice(0, 8)}  ${snapshot.time}  ${paths}\n`);
  }
  if (snapshots.length > shown) terminal.out(`  and ${snapshots.length - shown} older ones\n`);
}

function chosenOf(flags: Values, { snapshots, newestComplete }: Recoverable): string {
  const given = flags.text("snapshot");
  const fitting = given === undefined ? [] : snapshots.filter(({ id }) => id.startsWith(given));
  if (fitting.length > 1)
    throw new TasticError("ambiguous-id", `more than one snapshot begins with ${given}`);
  const chosen = given === undefined ? (newestComplete ?? snapshots[0]?.id) : fitting[0]?.id;
  if (chosen !== undefined) return chosen;
  throw new TasticError(
    "not-found",
    given === undefined ? "there is nothing to recover" : `there is no snapshot ${given}`,
    {
      guidance: "Are name and password right? See what was found above.",
    },
  );
}

async function agree(flags: Values, terminal: Terminal, snapshot: string): Promise<void> {
  const target = flags.text("target");
  if (target !== undefined || flags.isOn("yes")) return;
  if (terminal.input.isTTY !== true)
    throw new TasticError("invalid-argument", "files that exist would be replaced", {
      guidance: "Give --yes, or --target for a folder of its own.",
    });
  const question = `Bring ${snapshot.slice(0, 8)} back to where it came from, and replace what is there? (yes/no)`;
  if ((await ask(terminal, question, false)).trim().toLowerCase() === "yes") return;
  throw new TasticError("cancelled", "nothing was changed");
}

async function runTo(owner: OwnerService, begun: Run, terminal: Terminal): Promise<number> {
  let last = "";
  const tell = ({ step, progress }: Run): void => {
    const [files, all] = [progress?.files ?? 0, progress?.totalFiles];
    const share = all === undefined || all === 0 ? "" : ` ${Math.floor((100 * files) / all)}%`;
    const said = `${step}${share}`;
    if (said !== last) terminal.err(`${visibleText(said)}\n`);
    last = said;
  };
  const cancel = (): void => {
    owner.cancel(begun.id).catch((error: unknown) => terminal.err(`${String(error)}\n`));
  };
  terminal.signal.addEventListener("abort", cancel);
  const run = await untilEnded(owner, begun, tell);
  terminal.signal.removeEventListener("abort", cancel);
  if (run.problem !== undefined) {
    terminal.err(`${visibleText(run.problem.message)}\n`);
    if (run.problem.guidance !== undefined) terminal.err(`${visibleText(run.problem.guidance)}\n`);
  }
  if (isAllBack(run)) {
    terminal.out("Everything is back.\n");
    return 0;
  }
  return run.state === "incomplete" ? incomplete : 1;
}

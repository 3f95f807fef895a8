/** Running the commands of one document, one after the other in one shell, in a home folder that is made for them. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join, relative } from "node:path";
import {
  createLocalDocuments,
  createLocalRepositories,
  createRestServer,
  listen,
  localModes,
} from "@tastic/rest-server";
import { Repository, backup, openStorage } from "tastic";
import { makeCertificates } from "./certificates.js";
import { beginnings, documentPassword, placed, servers, standIns, type Scratch } from "./document-places.js";
import { projectFolder, type ShownCommand } from "./documents.js";
import { temporaryFolder } from "./folders.js";
import { cephAccess, newBucketName, restic } from "./peers.js";
import { runProgram, type Outcome } from "./programs.js";

/** Made once for all documents. */
let certificates: ReturnType<typeof makeCertificates> | undefined;

/** Makes the home folder and what the document takes for granted. */
export async function scratchFor(document: string): Promise<Scratch> {
  const folder = await temporaryFolder();
  const home = join(folder, "home");
  const s3 = { ...(await cephAccess()), bucket: newBucketName() };
  const scratch = { folder, home, s3, port: await freePort(), operatorPort: await freePort() };
  for (const path of ["bin", "tmp", "etc/tastic", "srv", "mnt", "home/.config/tastic", "home/.aws"])
    await mkdir(join(folder, path), { recursive: true });
  await fillHome(scratch);
  await makePrograms(join(folder, "bin"));
  const { repositories = [], version = 2, deletedAt } = beginnings[document] ?? {};
  for (const place of repositories) await makeRepository(scratch, placed(place, scratch), version);
  if (deletedAt !== undefined) {
    const served = placed(deletedAt, scratch);
    for (const place of repositories) await deleteSnapshots(served, relative(served, placed(place, scratch)));
  }
  return scratch;
}

async function fillHome({ folder, home, s3 }: Scratch): Promise<void> {
  const files: Readonly<Record<string, string>> = {
    "documents/letter.txt": "Dear reader,\n",
    "documents/letter.tmp": "Dear rea",
    "documents/old/notes.txt": "Buy milk.\n",
    "photos/one.jpg": "a picture\n",
    "code/.gitignore": "*.o\n",
    "code/main.o": "made anew at any time\n",
    "work/plan.txt": "work\n",
    ".aws/backup": `[default]\naws_access_key_id = ${s3.accessKeyId}\naws_secret_access_key = ${s3.secretAccessKey}\n`,
    ".backup-password": documentPassword,
    ".config/tastic/usb.password": documentPassword,
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(home, path, ".."), { recursive: true });
    await writeFile(join(home, path), content, { mode: 0o600 });
  }
  certificates ??= makeCertificates();
  const { certificate, key } = (await certificates).server;
  for (const place of [join(home, "fullchain.pem"), join(folder, "etc/tastic/cert.pem")])
    await writeFile(place, certificate);
  for (const place of [join(home, "privkey.pem"), join(folder, "etc/tastic/key.pem")])
    await writeFile(place, key, { mode: 0o600 });
}

/** The programs that documents call, ours and restic among them. */
async function makePrograms(bin: string): Promise<void> {
  const node = process.execPath;
  const tastic = join(projectFolder, "packages", "tastic", "bin", "tastic.js");
  const clock = join(import.meta.dirname, "hasty-clock.mjs");
  const programs: Record<string, string> = {
    ...standIns,
    restic: `exec '${restic}' "$@"`,
    // New keys cost little to try, since repositories of tests are opened often.
    tastic: `case " $* " in *" init "*) set -- --import='${clock}' '${tastic}' "$@" ;; *) set -- '${tastic}' "$@" ;; esac\nexec '${node}' "$@"`,
  };
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
}

async function makeRepository({ home, s3 }: Scratch, location: string, version: 1 | 2): Promise<void> {
  const storage = await openStorage(location, {
    variables: { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey },
  });
  const scrypt = { N: 16, r: 1, p: 1 };
  const repository = await Repository.init(storage, { password: documentPassword, scrypt, version });
  await backup(repository, { targets: [join(home, "documents")], programVersion: "test", workers: 0 });
  await storage.close();
}

/** Deletes the snapshots of a repository as a client of a server does, which keeps them in its trash. */
async function deleteSnapshots(served: string, path: string): Promise<void> {
  const server = await createRestServer({
    repositories: createLocalRepositories(served),
    documents: createLocalDocuments(join(served, ".tastic"), localModes(false)),
    authentication: { kind: "none" },
  });
  await server.start();
  const listening = await listen(server.handle, { address: "127.0.0.1:0" });
  const storage = await openStorage(`rest:http://${listening.address}/${path}/`);
  for await (const { name } of storage.list("snapshot")) await storage.remove({ type: "snapshot", name });
  await storage.close();
  server.drain();
  await listening.close();
  await server.stop();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Parts of the script: where it is, and servers. */
function prelude(port: number): string {
  return `set -eu -o pipefail
server=
at() { printf '%s\\n' "$1" >> "$SCRATCH/places"; }
stop() {
  [ -n "$server" ] || return 0
  kill -TERM "$server"
  wait "$server" || { code=$?; cat "$SCRATCH/server.log" >&2; return "$code"; }
  server=
}
serve() {
  stop
  "$@" --listen 127.0.0.1:${port} 2> "$SCRATCH/server.log" &
  server=$!
  for _ in $(seq 600); do
    if grep -q 'start server on' "$SCRATCH/server.log"; then return 0; fi
    if ! kill -0 "$server" 2> /dev/null; then break; fi
    sleep 0.1
  done
  cat "$SCRATCH/server.log" >&2
  return 1
}
trap '[ -z "$server" ] || kill -KILL "$server"' EXIT
`;
}

/** How the commands ended, and the place of the last that began. */
export interface DocumentOutcome {
  readonly outcome: Outcome;
  readonly lastPlace: string;
}

/** Runs commands in one shell. It ends with the first that fails. */
export async function runCommands(
  commands: readonly ShownCommand[],
  scratch: Scratch,
): Promise<DocumentOutcome> {
  const { folder, home, port } = scratch;
  const answers = join(folder, "answers");
  // What asks for a password asks twice at most.
  await writeFile(answers, `${documentPassword}\n${documentPassword}\n`);
  const script = commands.map(({ place, text }) => {
    const kind = servers.exec(text)?.[1];
    const command = `${kind === undefined ? "" : "serve "}${placed(text, scratch)}`;
    // What shows snapshots is looked at and ended; what keeps them has clients in what follows.
    const after = kind === undefined || kind === "rest" ? "" : "stop\n";
    return `at '${place}'\n{ ${command}\n} < "$SCRATCH/answers"\n${after}`;
  });
  const outcome = await runProgram("bash", ["-c", `${prelude(port)}${script.join("")}stop\n`], {
    home,
    repo: join(folder, "srv", "backup"),
    password: documentPassword,
    env: {
      SCRATCH: folder,
      PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
      RESTIC_FROM_PASSWORD: documentPassword,
    },
    timeout: 280_000,
  });
  const places = await readFile(join(folder, "places"), "utf8").catch(() => "nowhere");
  return { outcome, lastPlace: places.trim().split("\n").at(-1) ?? "" };
}

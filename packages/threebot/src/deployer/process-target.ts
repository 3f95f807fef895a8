/**
 * A 3Bot as a process of its own on this machine, with its own home folder. It outlives the deployer: it is found again
 * by its folder, which is one of its arguments.
 *
 *   NAME/home        its home
 *   NAME/state       what its service keeps
 *   NAME/setup.json  the handover, until the 3Bot has taken it; readable by nobody else
 *   NAME/port        where its page is
 *   NAME/3bot.log    what it prints
 */
import { spawn } from "node:child_process";
import { mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TasticError } from "@tastic/errors";
import { hasSystemCode, storageError, syncFolder } from "@tastic/storage";
import { fillTemplate } from "./template.js";
import { processesWith } from "./process-table.js";
import { replaceFile } from "./replace-file.js";
import type { Handover, Target } from "./target.js";

export interface ProcessTargetOptions {
  readonly id?: string;
  /** Of all 3Bots. */
  readonly folder: string;
  /**
   * The command line, with {state}, and where they are wanted {home}, {port}, {setup}, {name} and {folder}:
   * ["3bot-backup", "serve", "--state", "{state}", "--listen", "127.0.0.1:{port}"].
   */
  readonly command: readonly string[];
  /** Where its page is; http://127.0.0.1:{port}/ if not given. */
  readonly address?: string;
  /** So long it may take to end, in milliseconds, before it is killed. */
  readonly patience?: number;
}

/** All that a 3Bot gets of this process's variables. */
const passedOn = ["PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];

export class ProcessTarget implements Target {
  readonly id: string;
  readonly #options: ProcessTargetOptions;
  readonly #root: string;

  constructor(options: ProcessTargetOptions) {
    if (!options.command.includes("{state}")) {
      throw new TasticError("invalid-argument", "the command of a 3Bot has to have the argument {state}", {
        guidance: "By it the process is found again.",
      });
    }
    this.id = options.id ?? "process";
    this.#options = options;
    this.#root = resolve(options.folder);
  }

  async prepare(given: Handover): Promise<void> {
    const folders = this.#foldersOf(given.name);
    try {
      for (const path of [folders.home, folders.state]) await mkdir(path, { recursive: true, mode: 0o700 });
      await replaceFile(folders.setup, JSON.stringify(given));
      await syncFolder(this.#root);
    } catch (error) {
      throw storageError(error, "write to", folders.folder);
    }
  }

  async start(name: string): Promise<{ readonly address: string }> {
    const folders = this.#foldersOf(name);
    const known = await portIn(folders.port);
    if (known !== undefined && (await this.#processes(name)).length > 0)
      return { address: this.#addressOf(name, known) };
    if ((await this.status(name)) === "absent")
      throw new TasticError("not-found", `the 3Bot ${name} is not on this machine`);
    const port = await freePort(known);
    // Written before it starts: whoever finds the process finds its port, too.
    await replaceFile(folders.port, String(port));
    await this.#launch(name, port);
    return { address: this.#addressOf(name, port) };
  }

  async stop(name: string): Promise<void> {
    const end = performance.now() + (this.#options.patience ?? 60_000);
    for (let signal: NodeJS.Signals | undefined = "SIGTERM"; ;) {
      const running = await this.#processes(name);
      if (running.length === 0) return;
      if (performance.now() > end) signal = "SIGKILL";
      if (signal !== undefined) for (const id of running) kill(id, signal);
      signal = undefined;
      await sleep(50);
    }
  }

  async status(name: string): Promise<"running" | "stopped" | "absent"> {
    const { state } = this.#foldersOf(name);
    if ((await this.#processes(name)).length > 0) return "running";
    try {
      await stat(state);
      return "stopped";
    } catch (error) {
      if (hasSystemCode(error, ["ENOENT"])) return "absent";
      throw storageError(error, "look at", state);
    }
  }

  async remove(name: string): Promise<void> {
    const { folder } = this.#foldersOf(name);
    try {
      await rm(folder, { recursive: true, force: true });
      await syncFolder(this.#root);
    } catch (error) {
      throw storageError(error, "remove", folder);
    }
  }

  async #launch(name: string, port: number): Promise<void> {
    const folders = this.#foldersOf(name);
    const [program = "", ...args] = this.#commandOf(name, port);
    const env = Object.fromEntries(
      passedOn.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])),
    );
    const log = await open(folders.log, "a", 0o600);
    try {
      await new Promise<void>((done, failed) => {
        const child = spawn(program, args, {
          cwd: folders.home,
          detached: true,
          env: { ...env, HOME: folders.home },
          stdio: ["ignore", log.fd, log.fd],
        });
        child.once("spawn", () => {
          child.unref();
          done();
        });
        child.once("error", (cause) =>
          failed(new TasticError("storage-failed", `the 3Bot ${name} cannot be started`, { cause })),
        );
      });
    } finally {
      await log.close();
    }
  }

  #commandOf(name: string, port: number): readonly string[] {
    return fillTemplate(this.#options.command, { ...this.#foldersOf(name), name, port: String(port) });
  }

  /** Its port is written down before it is started: where there is none, it has never been. */
  async #processes(name: string): Promise<number[]> {
    const port = await portIn(this.#foldersOf(name).port);
    return port === undefined ? [] : processesWith(this.#commandOf(name, port).slice(1));
  }

  #addressOf(name: string, port: number): string {
    const template = this.#options.address ?? "http://127.0.0.1:{port}/";
    return fillTemplate([template], { name, port: String(port) })[0]!;
  }

  #foldersOf(name: string): Record<"folder" | "home" | "state" | "setup" | "port" | "log", string> {
    const folder = join(this.#root, name);
    return {
      folder,
      home: join(folder, "home"),
      state: join(folder, "state"),
      setup: join(folder, "setup.json"),
      port: join(folder, "port"),
      log: join(folder, "3bot.log"),
    };
  }
}

function kill(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal);
  } catch (error) {
    if (!hasSystemCode(error, ["ESRCH"])) throw error;
  }
}

async function portIn(file: string): Promise<number | undefined> {
  try {
    const port = Number(await readFile(file, "utf8"));
    return port > 0 ? port : undefined;
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT"])) return undefined;
    throw storageError(error, "read", file);
  }
}

/** The one it had, if nobody else has it now: people have bookmarks. */
async function freePort(wanted: number | undefined): Promise<number> {
  return (wanted === undefined ? undefined : await tryPort(wanted)) ?? (await tryPort(0)) ?? 0;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(undefined));
    server.listen(port, "127.0.0.1", () => {
      const { port: got } = server.address() as AddressInfo;
      server.close(() => done(got));
    });
  });
}

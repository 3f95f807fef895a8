/**
 * Extended attributes by way of getfattr and setfattr (package attr). getfattr sorts names, so where a file has several,
 * their order and with it the tree's id may differ from restic's.
 *
 * Arguments of a process are text here, and paths need not be; so xargs hands paths on from its standard input.
 */
import { TasticError } from "@tastic/errors";
import { decodeName, encodeName } from "@tastic/format";
import type { ExtendedAttribute } from "@tastic/format";
import { spawn } from "node:child_process";
import { attributeError } from "./attribute-error.js";
import type { AttributeFailure, AttributeTool } from "./extended-attributes.js";

interface Output {
  /** undefined if the program could not be started. */
  readonly status: number | undefined;
  /** One character per byte. */
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[], input: Uint8Array): Promise<Output> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { PATH: process.env["PATH"], LC_ALL: "C" } });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (bytes: Buffer) => stdout.push(bytes));
    child.stderr.on("data", (bytes: Buffer) => stderr.push(bytes));
    const finish = (status: number | undefined): void =>
      resolve({
        status,
        stdout: Buffer.concat(stdout).toString("latin1"),
        stderr: Buffer.concat(stderr).toString("latin1"),
      });
    child.on("error", () => finish(undefined));
    child.on("close", (status) => finish(status ?? -1));
    // A program that ends without reading its input has said why on its standard error.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** Names and paths are written with backslash and three octal digits for what would be misread. */
function unescape(text: string): string {
  const bytes = text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return decodeName(Buffer.from(bytes, "latin1"));
}

/** Reads what `getfattr -e hex` writes: for each file a line with its path, a line per attribute, an empty line. */
export function parseGetfattr(output: string): Map<string, ExtendedAttribute[]> {
  const found = new Map<string, ExtendedAttribute[]>();
  let attributes: ExtendedAttribute[] | undefined;
  for (const line of output.split("\n")) {
    if (line === "") attributes = undefined;
    else if (attributes === undefined) {
      attributes = [];
      found.set(unescape(line.replace(/^# file: /, "")), attributes);
    } else {
      const [, name = "", value = ""] = /^([^=]*)(?:=0x([0-9a-f]*))?$/.exec(line) ?? [];
      attributes.push({ name: unescape(name), value: Uint8Array.from(Buffer.from(value, "hex")) });
    }
  }
  return found;
}

/** Tells of what getfattr could not read. That a file system knows no attributes is no failure. */
function reportFailures(stderr: string, onFailure: AttributeFailure): void {
  for (const line of stderr.split("\n")) {
    const path = /^getfattr: (.*): [^:]+$/.exec(line)?.[1];
    const reason = reasonOf(line);
    if (path !== undefined && reason !== "ENOTSUP") onFailure(unescape(path), reason);
  }
}

const zeroTerminated = (texts: readonly string[]): Buffer =>
  Buffer.concat(texts.flatMap((text) => [encodeName(text), Buffer.of(0)]));

/** The other way round: what getfattr would have written. Arguments would be too short for long values. */
function formatGetfattr(path: string, attributes: readonly ExtendedAttribute[]): string {
  const escape = (text: string): string =>
    encodeName(text)
      .toString("latin1")
      .replace(/[\\\n\r=]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`);
  const lines = attributes.map(
    ({ name, value }) => `${escape(name)}=0x${Buffer.from(value).toString("hex")}\n`,
  );
  return `# file: ${escape(path)}\n${lines.join("")}\n`;
}

/** What the C library says, as the system calls it. */
const REASONS = new Map([
  ["Operation not supported", "ENOTSUP"],
  ["Operation not permitted", "EPERM"],
  ["Permission denied", "EACCES"],
  ["Read-only file system", "EROFS"],
  ["No such file or directory", "ENOENT"],
  ["No such attribute", "ENODATA"],
  ["No space left on device", "ENOSPC"],
  ["Disk quota exceeded", "EDQUOT"],
]);

/** The reason at the end of what a program says of a failure. */
function reasonOf(message: string): string {
  const text = /: ([^:]+)$/.exec(message.trimEnd())?.[1] ?? "";
  return REASONS.get(text) ?? (text === "" ? "setfattr failed" : text);
}

const GETFATTR = ["-0", "getfattr", "-h", "-d", "-m", "-", "-e", "hex", "--absolute-names", "--"];

/** undefined if the programs are not installed. */
export async function createGetfattrTool(): Promise<AttributeTool | undefined> {
  const probes = [
    ["getfattr", "--version"],
    ["setfattr", "--version"],
    ["xargs", "-0", "true"],
  ] as const;
  const results = await Promise.all(probes.map(([command, ...args]) => run(command, args, Buffer.alloc(0))));
  if (results.some(({ status }) => status !== 0)) return undefined;
  return {
    async read(paths, onFailure) {
      if (paths.length === 0) return new Map<string, ExtendedAttribute[]>();
      const { status, stdout, stderr } = await run("xargs", GETFATTR, zeroTerminated(paths));
      if (status === undefined) throw new TasticError("internal", "xargs could not be started");
      if (onFailure !== undefined) reportFailures(stderr, onFailure);
      return parseGetfattr(stdout);
    },
    async write(path, attributes) {
      for (const attribute of attributes) {
        const dump = Buffer.from(formatGetfattr(path, [attribute]), "latin1");
        const { status, stderr } = await run("setfattr", ["-h", "--restore=-"], dump);
        if (status !== 0) throw attributeError("set", path, attribute.name, reasonOf(stderr));
      }
    },
    async remove(path, names) {
      for (const name of names) {
        const { status, stderr } = await run(
          "xargs",
          ["-0", "setfattr", "-h"],
          zeroTerminated(["-x", name, path]),
        );
        const reason = reasonOf(stderr);
        // What is not there need not be removed.
        if (status !== 0 && reason !== "ENODATA") throw attributeError("remove", path, name, reason);
      }
    },
    close: () => undefined,
  };
}

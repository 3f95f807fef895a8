/**
 * Making links, FIFOs and devices. Node makes no FIFOs and devices, so `mkfifo` and `mknod` do.
 */
import { TasticError, messageOf } from "@tastic/errors";
import { encodeName, hasInvalidBytes } from "@tastic/format";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { renameSync, symlinkSync } from "node:fs";
import { splitDeviceNumber } from "../device-number.js";
import type { SpecialItem } from "./restore-plan.js";
import { systemPath } from "../backup/source-files.js";

/**
 * Makes a special file where nothing is, for its owner alone.
 * @param target the folder that is restored into
 * @throws system errors; TasticError incomplete, access-denied, unsupported
 */
export function makeSpecial(item: SpecialItem, path: string, target: string): void {
  switch (item.type) {
    case "symlink":
      symlinkSync(encodeName(item.linkTarget), systemPath(path));
      return;
    case "fifo":
      make(path, target, (at) => run("mkfifo", ["-m", "600", "--", at], path));
      return;
    case "dev":
    case "chardev": {
      const { major, minor } = splitDeviceNumber(item.device);
      const numbers = [item.type === "dev" ? "b" : "c", String(major), String(minor)];
      make(path, target, (at) => run("mknod", ["-m", "600", "--", at, ...numbers], path));
      return;
    }
    default:
      throw new TasticError("unsupported", `cannot make a ${item.type} at ${path}`);
  }
}

/** A program's arguments are text: what has another name gets one that is, and is renamed. */
function make(path: string, target: string, makeAt: (path: string) => void): void {
  if (!hasInvalidBytes(path)) {
    makeAt(path);
    return;
  }
  const temporary = `${target}/.restore-${randomUUID()}`;
  makeAt(temporary);
  renameSync(temporary, systemPath(path));
}

function run(program: string, args: readonly string[], path: string): void {
  try {
    execFileSync(program, args, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, LC_ALL: "C" },
    });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    const reason = /: ([^:]+)$/.exec(said)?.[1] ?? messageOf(error);
    throw new TasticError(
      /permitted|denied/.test(reason) ? "access-denied" : "incomplete",
      `${program} ${path}: ${reason.toLowerCase()}`,
      { guidance: "Only root makes devices; FIFOs take a file system that knows them.", cause: error },
    );
  }
}

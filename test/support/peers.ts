/** The real restic as the judge, and tastic's own command, both run the same way. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { beforeAll, describe, inject, it } from "vitest";
import { findPeers } from "../../scripts/peers.mjs";
import { whyNoCeph, type CephAccess } from "../../scripts/ceph-cluster.mjs";
import { whyNoCertificates } from "./certificates.js";
import { runProgram, startProgram, type Outcome, type RunOptions, type Running } from "./programs.js";

export { temporaryFolder } from "./folders.js";
export { jsonLines, succeed, testPassword, type Outcome, type RunOptions, type Running } from "./programs.js";

const peers = findPeers();
const required = process.env["TASTIC_REQUIRE_PEERS"] === "1";

/** The path of the real restic, or undefined where there is none. */
export const restic: string | undefined = peers.restic;

/** The paths of `getfattr` and `setfattr`, or undefined where they are missing. */
export const attributeTools: { readonly getfattr: string; readonly setfattr: string } | undefined =
  peers.getfattr !== undefined && peers.setfattr !== undefined
    ? { getfattr: peers.getfattr, setfattr: peers.setfattr }
    : undefined;

/** The paths of the real rest-server, of rclone and of OpenSSH's sftp-server, or undefined where they are missing. */
export const restServer: string | undefined = peers["restic-rest-server"];
export const rclone: string | undefined = peers.rclone;
export const sftpServer: string | undefined = peers["sftp-server"];

/**
 * `describe` for tests that need the real restic. Without it they are skipped, and the name says why; with
 * TASTIC_REQUIRE_PEERS=1 they fail.
 */
export function describeWithRestic(name: string, body: () => void): void {
  describeWith(restic !== undefined ? undefined : peers.reason, name, body);
}

/** `describe` for tests that need `attributeTools`, in the same way. */
export function describeWithAttributeTools(name: string, body: () => void): void {
  describeWith(attributeTools !== undefined ? undefined : peers.reason, name, body);
}

/**
 * `describe` for tests that need a real S3 server, in the same way. All test files of a run share one cluster, which
 * takes some ten seconds to start for the first of them: use a bucket of your own (`newBucketName`).
 */
export function describeWithCeph(name: string, body: () => void): void {
  describeWith(whyNoCeph(), name, () => {
    beforeAll(async () => void (await cephAccess()));
    body();
  });
}

/** `describe` for tests that make certificates (`certificates.ts`), in the same way. */
export function describeWithOpenssl(name: string, body: () => void): void {
  describeWith(whyNoCertificates(), name, body);
}

/** Where the cluster of this run is; starts it if nobody has. Call it only below `describeWithCeph`. */
export async function cephAccess(): Promise<CephAccess> {
  const answer = await fetch(inject("cephDoor"));
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return JSON.parse(text) as CephAccess;
}

/** A name for a bucket that nobody else uses. */
export function newBucketName(): string {
  return `tastic-${randomUUID()}`;
}

/** `describe` for tests that need `restServer`, in the same way. */
export function describeWithRestServer(name: string, body: () => void): void {
  describeWith(restServer === undefined ? peers.reason : undefined, name, body);
}

/** `describe` for tests that need `rclone`, in the same way. */
export function describeWithRclone(name: string, body: () => void): void {
  describeWith(rclone === undefined ? peers.reason : undefined, name, body);
}

/** `describe` for tests that need `sftpServer`, in the same way. */
export function describeWithSftpServer(name: string, body: () => void): void {
  describeWith(sftpServer === undefined ? peers.reason : undefined, name, body);
}

function describeWith(missing: string | undefined, name: string, body: () => void): void {
  if (missing === undefined) {
    describe(name, body);
  } else if (required) {
    describe(name, () => {
      it("has the programs it needs", () => {
        throw new Error(missing);
      });
    });
  } else {
    describe.skip(`${name} [skipped: ${missing}]`, body);
  }
}

/** Runs the real restic to its end. Call it only below `describeWithRestic`. */
export function runRestic(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return runProgram(resticPath(), args, options);
}

/** Starts the real restic and gives it back running. */
export function startRestic(args: readonly string[], options?: RunOptions): Promise<Running> {
  return startProgram(resticPath(), args, options);
}

/** Runs tastic's command to its end, on the Node that runs the tests. */
export function runTastic(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return runProgram(process.execPath, [tasticPath, ...args], options);
}

/** Starts tastic's command and gives it back running. */
export function startTastic(args: readonly string[], options?: RunOptions): Promise<Running> {
  return startProgram(process.execPath, [tasticPath, ...args], options);
}

export const tasticPath = join(import.meta.dirname, "..", "..", "packages", "tastic", "bin", "tastic.js");

function resticPath(): string {
  if (restic === undefined) throw new Error(`there is no restic: ${peers.reason}`);
  return restic;
}

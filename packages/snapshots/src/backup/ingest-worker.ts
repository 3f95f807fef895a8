/**
 * A reading worker: takes batches of paths, and gives back packs and contents. All it does is synchronous, in its
 * own memory; it waits only for the conductor to have room for another pack.
 */
import { nodeCrypto } from "@tastic/crypto";
import { TasticError, messageOf } from "@tastic/errors";
import { Packer } from "@tastic/repository";
import { loadZstd } from "@tastic/zstd";
import type { FinishedPack } from "@tastic/repository";
import { parentPort, workerData } from "node:worker_threads";
import { FileIngest } from "./file-ingest.js";
import type { CutRequest, IngestedFile } from "./file-ingest.js";
import type { CutOutcome } from "./ingest-hand.js";
import { FIELDS } from "./ingest-messages.js";
import type { BatchResults, FromWorker, ToWorker, WorkerSettings } from "./ingest-messages.js";
import { takeSlot } from "./pack-shipping.js";
import { SourceError } from "./source-error.js";

if (parentPort === null)
  throw new TasticError("internal", "the reading worker was started as a program of its own");
const port = parentPort;
const settings = workerData as WorkerSettings;
const packer = new Packer(settings.packer, nodeCrypto, loadZstd());
const files = new FileIngest(packer, nodeCrypto, settings.chunkerPolynomial);

function say(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function hand(pack: FinishedPack): void {
  takeSlot(settings.freeSlots);
  say({ type: "pack", pack }, [pack.bytes.buffer, pack.entries.buffer]);
}

function countRead(bytes: number): void {
  Atomics.add(settings.bytesRead, 0, BigInt(bytes));
}

/** To the end at once; why the source cannot be read, if it cannot. */
function drive<Result>(steps: Generator<FinishedPack | undefined, Result>): Result | string {
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (step.value !== undefined) hand(step.value);
    }
  } catch (error) {
    if (error instanceof SourceError) return error.message;
    throw error;
  }
}

/** @param readings of files or of a part of one, each begun when the one before is over */
function readAll(
  readings: readonly (() => Generator<FinishedPack | undefined, IngestedFile>)[],
): BatchResults {
  const failures: (string | undefined)[] = [];
  const contents: Uint8Array[] = [];
  const numbers = new Float64Array(readings.length * FIELDS);
  readings.forEach((reading, i) => {
    settings.positions[settings.place] = i;
    const file = drive(reading());
    failures.push(typeof file === "string" ? file : undefined);
    if (typeof file === "string") return;
    contents.push(file.content);
    const { content, size, newBlobs, newBytes, storedBytes } = file;
    numbers.set([content.length / 32, size, newBlobs, newBytes, storedBytes], i * FIELDS);
  });
  return { failures, content: join(contents), numbers };
}

function findCuts(request: CutRequest): CutOutcome {
  const cuts = drive(files.cuts(request));
  return typeof cuts === "string" ? { failure: cuts } : { cuts };
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function answer(results: BatchResults): void {
  say({ type: "done", results }, [results.content.buffer, results.numbers.buffer]);
}

function obey(message: ToWorker): void {
  switch (message.type) {
    case "batch":
      answer(readAll(message.paths.map((path) => () => files.file(path, countRead))));
      break;
    case "part":
      answer(readAll([() => files.part(message.part, countRead)]));
      break;
    case "cut":
      say({ type: "cut", outcome: findCuts(message.request) });
      break;
    case "finish":
      packer.flush();
      for (let pack = packer.takeFinished(); pack; pack = packer.takeFinished()) hand(pack);
      say({ type: "finished" });
  }
}

port.on("message", (message: ToWorker) => {
  try {
    obey(message);
  } catch (error) {
    const { code, guidance } =
      error instanceof TasticError ? error : { code: "internal" as const, guidance: undefined };
    say({ type: "failed", error: { code, guidance, message: messageOf(error) } });
  }
});

/** Requests and answers of an SFTP session over a pair of streams: any number under way, told apart by their ids. */
import type { Readable, Writable } from "node:stream";
import { TasticError } from "@tastic/errors";
import { PacketReader, packetType, type PacketWriter } from "./packet.js";
import { SftpStatus } from "./sftp-status.js";

/** The answer to a request: any type but a status that tells of an error. */
export interface Reply {
  readonly type: number;
  readonly payload: PacketReader;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

// OpenSSH's own bound, and some room for servers with a larger one.
const maximumPacket = 1024 * 1024;
const headerLength = 9; // length, type, id

export class SftpSession {
  readonly #input: Writable;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #failure: Error | undefined;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #onVersion: ((payload: PacketReader) => void) | undefined;
  #onFailure: ((error: Error) => void) | undefined;
  #heard = Date.now();
  /** The extensions that the server offers, with their versions. */
  readonly extensions = new Map<string, string>();

  /**
   * `open` has to be called before all else.
   *
   * @param input what is written to
   * @param output what is read from
   * @param lastWords what is known of the reason when the connection ends; "" for nothing
   */
  constructor(input: Writable, output: Readable, lastWords: () => string) {
    this.#input = input;
    output.on("data", (chunk: Buffer) => this.#take(chunk));
    output.on("error", (error) => this.fail(error));
    output.on("close", () => {
      const words = lastWords();
      this.fail(new Error(words === "" ? "the connection ended" : `the connection ended: ${words}`));
    });
    input.on("error", (error) => this.fail(error));
  }

  get ended(): boolean {
    return this.#failure !== undefined;
  }

  /** For how many milliseconds answers are owed and none has come. */
  get silence(): number {
    return this.#waiting.size === 0 ? 0 : Date.now() - this.#heard;
  }

  /** Agrees on the version. Rejects where the other side does not speak the protocol. */
  async open(): Promise<void> {
    const payload = await new Promise<PacketReader>((resolve, reject) => {
      this.#onVersion = resolve;
      this.#onFailure = reject;
      if (this.#failure !== undefined) reject(this.#failure);
      const packet = Buffer.alloc(headerLength);
      packet.writeUInt32BE(5);
      packet.writeUInt8(packetType.init, 4);
      packet.writeUInt32BE(3, 5);
      this.#input.write(packet);
    });
    const version = payload.uint32();
    if (version !== 3) throw new Error(`the server speaks version ${version} of SFTP, not 3`);
    while (payload.rest > 0) this.extensions.set(payload.string(), payload.string());
  }

  /**
   * Sends a request and resolves with its answer. Rejects with `SftpStatus` where the server says that it failed, and
   * with another error where the session ends.
   *
   * @param body sent behind the payload, not copied
   */
  request(type: number, payload: PacketWriter, body?: Uint8Array): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const id = this.#nextId;
      this.#nextId = (id % 0x7fffffff) + 1;
      if (this.#waiting.size === 0) this.#heard = Date.now();
      this.#waiting.set(id, { resolve, reject });
      const rest = payload.finish();
      const packet = Buffer.allocUnsafe(headerLength + rest.length);
      packet.writeUInt32BE(packet.length - 4 + (body?.length ?? 0));
      packet.writeUInt8(type, 4);
      packet.writeUInt32BE(id, 5);
      packet.set(rest, headerLength);
      if (body === undefined) this.#input.write(packet);
      else {
        this.#input.cork();
        this.#input.write(packet);
        this.#input.write(body);
        this.#input.uncork();
      }
    });
  }

  /** Ends the session with an error for everything that is under way. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#onFailure?.(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#chunks = [];
  }

  #take(chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    this.#heard = Date.now();
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    try {
      for (let packet = this.#nextPacket(); packet !== undefined; packet = this.#nextPacket()) {
        this.#handle(packet);
      }
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** A whole packet without its length, or undefined while it is not there. */
  #nextPacket(): Buffer | undefined {
    if (this.#buffered < 4) return undefined;
    if ((this.#chunks[0]?.length ?? 0) < 4) this.#chunks = [Buffer.concat(this.#chunks)];
    const [first = Buffer.alloc(0)] = this.#chunks;
    const length = first.readUInt32BE(0);
    // What a program prints that is no SFTP server reads as a huge number.
    if (length < 1 || length > maximumPacket) throw noSftp();
    if (this.#buffered < 4 + length) return undefined;
    const all = first.length >= 4 + length ? first : Buffer.concat(this.#chunks);
    if (all !== first) this.#chunks = [all];
    const rest = all.subarray(4 + length);
    if (rest.length > 0) this.#chunks[0] = rest;
    else this.#chunks.shift();
    this.#buffered -= 4 + length;
    return all.subarray(4, 4 + length);
  }

  #handle(packet: Buffer): void {
    const type = packet.readUInt8(0);
    const payload = new PacketReader(packet.subarray(1));
    if (type === packetType.version) {
      this.#onVersion?.(payload);
      return;
    }
    const id = payload.uint32();
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) throw new Error(`an answer to request ${id}, which was not made`);
    this.#waiting.delete(id);
    if (type !== packetType.status) {
      waiting.resolve({ type, payload });
      return;
    }
    const code = payload.uint32();
    if (code === 0) waiting.resolve({ type, payload });
    // Servers of version 2 and before send no text.
    else waiting.reject(new SftpStatus(code, payload.rest > 0 ? payload.string() : ""));
  }
}

function noSftp(): TasticError {
  return new TasticError("invalid-argument", "the other side does not speak SFTP", {
    guidance:
      "Check sftp.command, and that the login there prints nothing (such as from a shell's start-up files).",
  });
}

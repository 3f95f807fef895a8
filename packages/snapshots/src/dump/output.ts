/**
 * Writing to a stream no faster than it takes.
 */
import type { Writable } from "node:stream";
import { TasticError, systemErrorCode } from "@tastic/errors";

/** A stream's end that says when there is room, and fails when the stream fails. */
export class Output {
  readonly #stream: Writable;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  /** Bytes written so far. */
  written = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on("error", this.#fail);
    stream.on("close", this.#closed);
    stream.on("drain", this.#resume);
  }

  /** Hands bytes over; resolves when the stream wants more. They must not change afterwards. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#check();
    this.written += bytes.length;
    if (this.#stream.write(bytes)) return;
    // The stream may have failed, or drained, while it took the bytes.
    if (this.#stream.writableNeedDrain && this.#failure === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#check();
  }

  /** Lets go of the stream, which stays open. */
  release(): void {
    this.#stream.off("error", this.#fail);
    this.#stream.off("close", this.#closed);
    this.#stream.off("drain", this.#resume);
  }

  readonly #resume = (): void => {
    this.#wake?.();
    this.#wake = undefined;
  };

  readonly #fail = (error: Error): void => {
    this.#failure ??= error;
    this.#resume();
  };

  readonly #closed = (): void => this.#fail(new Error("the output was closed"));

  #check(): void {
    if (this.#failure === undefined) return;
    throw new TasticError("incomplete", `cannot write the output: ${this.#failure.message}`, {
      guidance: "Check where the output goes, and run again.",
      data: { systemCode: systemErrorCode(this.#failure) },
      cause: this.#failure,
    });
  }
}

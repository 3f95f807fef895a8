/** What the deployer asks of a 3Bot that it has started: is it there, and please make a backup. */
import { setTimeout as sleep } from "node:timers/promises";
import { TasticError, messageOf } from "@tastic/errors";
import * as v from "valibot";

const run = v.object({
  id: v.string(),
  kind: v.string(),
  state: v.string(),
  problem: v.optional(v.nullable(v.object({ message: v.string(), guidance: v.optional(v.string()) }))),
});

export type ThreebotRun = v.InferOutput<typeof run>;

const timeout = 15_000;
const pause = 250;

export class ThreebotClient {
  readonly #address: string;
  readonly #token: string;

  constructor(address: string, token: string) {
    this.#address = address;
    this.#token = token;
  }

  /** Does its page answer? */
  async answers(): Promise<boolean> {
    try {
      const answer = await fetch(new URL("api/v1/session", this.#address), {
        redirect: "error",
        signal: AbortSignal.timeout(timeout),
      });
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      // Not yet, or not any more: that is the question.
      return false;
    }
  }

  /** Begins a backup. */
  backup(): Promise<ThreebotRun> {
    return this.#ask("POST", "api/v1/places/marketplace/backup", run, { tags: ["before-move"] });
  }

  /** Waits until a run has ended. @throws TasticError incomplete if not well */
  async ended(id: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const now = await this.#ask("GET", `api/v1/runs/${encodeURIComponent(id)}`, run);
      if (now.state === "done") return;
      if (now.state !== "running") {
        throw new TasticError(
          "incomplete",
          `the run ended as ${now.state}: ${now.problem?.message ?? "no reason"}`,
          {
            guidance: now.problem?.guidance ?? "The page of the 3Bot shows its log.",
          },
        );
      }
      await sleep(pause, undefined, { signal });
    }
  }

  /** The newest run of a kind. */
  async newest(kind: string): Promise<ThreebotRun | undefined> {
    const { runs } = await this.#ask("GET", "api/v1/runs?limit=50", v.object({ runs: v.array(run) }));
    return runs.find((one) => one.kind === kind);
  }

  async #ask<Schema extends v.GenericSchema>(
    method: string,
    path: string,
    schema: Schema,
    body?: object,
  ): Promise<v.InferOutput<Schema>> {
    try {
      const answer = await fetch(new URL(path, this.#address), {
        method,
        redirect: "error",
        signal: AbortSignal.timeout(timeout),
        headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (answer.ok) return v.parse(schema, await answer.json());
      await answer.body?.cancel();
      throw new Error(`it answered with ${answer.status}`);
    } catch (cause) {
      throw new TasticError("storage-failed", `the 3Bot cannot be asked: ${messageOf(cause)}`, {
        guidance: "Look whether it runs, and at its log.",
        cause,
      });
    }
  }
}

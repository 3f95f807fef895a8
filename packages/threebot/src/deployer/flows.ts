/**
 * Carries what goes on with each 3Bot to its end, step by step. What is still to be done is in the record, so that another
 * process goes on after this one was killed.
 */
import { messageOf, TasticError } from "@tastic/errors";
import type { AuditLog, Log } from "@tastic/rest-server";
import type { Records } from "../state/records.js";
import type { SecretBox } from "../state/secret-box.js";
import type { deploymentRecord, DeploymentRecord } from "./deployment.js";
import { doStep, endedByItself, problemOf } from "./steps.js";
import type { Target } from "./target.js";

type FlowKind = NonNullable<DeploymentRecord["flow"]>["kind"];

interface Failing {
  readonly kind?: FlowKind | undefined;
  readonly state?: "failed" | "running";
  /** It has not moved, and is not going to. */
  readonly stays?: boolean;
}

export interface FlowsOptions {
  readonly records: Records<typeof deploymentRecord>;
  readonly targets: readonly Target[];
  readonly secrets: SecretBox;
  readonly audit: AuditLog;
  readonly log: Log;
  readonly now: () => number;
  readonly patience: number;
  /** Is the time over in which its destruction can be undone, also for the marketplace? */
  readonly mayRemove: (name: string) => Promise<boolean>;
}

export class Flows {
  readonly #options: FlowsOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: FlowsOptions) {
    this.#options = options;
  }

  targetOf(id: string): Target {
    const target = this.#options.targets.find((one) => one.id === id);
    if (target !== undefined) return target;
    throw new TasticError("not-found", `there is no target ${id}`, {
      guidance: `There are: ${this.#options.targets.map((one) => one.id).join(", ")}.`,
    });
  }

  /** Goes on with this 3Bot, unless that is being done. Resolves when nothing is left to be done now; never rejects. */
  advance(name: string): Promise<void> {
    let running = this.#running.get(name);
    if (running === undefined) {
      running = this.#advance(name)
        .catch((error: unknown) => this.#options.log.error(messageOf(error), { name }))
        .finally(() => this.#running.delete(name));
      this.#running.set(name, running);
    }
    return running;
  }

  /** Takes up what was interrupted, and what has been down with the machine. */
  async resume(): Promise<void> {
    for await (const { name, flow, state } of this.#records()) {
      if (flow !== undefined) void this.advance(name);
      else if (state === "starting") await this.#fail(name, interrupted(name));
      else if (state === "running") await this.#look(name, true);
    }
  }

  /** Does what is due, and looks whether those that should run do. */
  async work(): Promise<void> {
    for await (const { name, flow, state } of this.#records()) {
      if (this.#stopping.signal.aborted) return;
      if (flow !== undefined) await this.advance(name);
      else if (state === "running") await this.#look(name, false);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running.values());
  }

  async #advance(name: string): Promise<void> {
    const { records, secrets, now, patience, mayRemove } = this.#options;
    const { signal } = this.#stopping;
    for (;;) {
      const record = await records.read(name);
      const step = record?.flow?.steps[0];
      if (record === undefined || step === undefined || signal.aborted) return;
      const change = (to: Partial<DeploymentRecord>): Promise<unknown> =>
        // Unless somebody wants something else meanwhile.
        records.update(name, (old) =>
          old?.flow?.kind === record.flow?.kind && old !== undefined ? { ...old, ...to } : (old ?? record),
        );
      try {
        await change({ step });
        const outcome = await doStep(step, record, {
          targetOf: (id) => this.targetOf(id),
          secrets,
          now,
          note: async (noted) => void (await change(noted)),
          signal,
          patience,
          mayRemove,
        });
        if (outcome === "later") return;
        await change({ ...outcome, ...rest(record) });
      } catch (error) {
        if (signal.aborted) return;
        await this.#failed(record, error);
        return;
      }
    }
  }

  /** A step has failed. What is being destroyed is tried again with the next `work`. */
  async #failed(record: DeploymentRecord, error: unknown): Promise<void> {
    const { name, flow, other } = record;
    this.#options.log.warn(`${flow?.kind} of a 3Bot failed: ${messageOf(error)}`, {
      name,
      step: record.step,
    });
    if (flow?.kind === "destroy") return;
    if (flow?.kind === "move" && flow.steps.includes("stop")) {
      // Nothing has moved yet: it stays where it is, and nothing is left of it where it was to go.
      if (other !== undefined) await this.#removeAt(other, name);
      const state = flow.steps[0] === "backup" ? "running" : "failed";
      await this.#fail(name, error, { kind: flow.kind, state, stays: true });
    } else await this.#fail(name, error, { kind: flow?.kind });
  }

  async #removeAt(target: string, name: string): Promise<void> {
    try {
      await this.targetOf(target).remove(name);
    } catch (error) {
      this.#options.log.error(`a handover may be left at ${target}: ${messageOf(error)}`, { name });
    }
  }

  /** @param to `kind` is of the flow that has failed: if something else goes on meanwhile, that is not touched */
  async #fail(
    name: string,
    error: unknown,
    { kind, state = "failed", stays = false }: Failing = {},
  ): Promise<void> {
    await this.#options.audit.record({
      event: "deployment-failed",
      account: name,
      problem: problemOf(error).code,
    });
    await this.#options.records.update(name, (old) => {
      if (old === undefined) throw new TasticError("not-found", `there is no deployment ${name}`);
      const { flow: now, run: __, ...kept } = old;
      if (now?.kind !== kind) return old;
      return {
        ...kept,
        ...(stays ? { other: undefined } : {}),
        state,
        left: stays ? undefined : (now?.steps ?? old.left),
        step: "failed",
        problem: problemOf(error),
      };
    });
  }

  /** Is it there? If not, it is started again after the machine was; else somebody is to look why it ended. */
  async #look(name: string, again: boolean): Promise<void> {
    const { records } = this.#options;
    try {
      const record = await records.read(name);
      if (record === undefined || (await this.targetOf(record.target).status(name)) === "running") return;
      if (!again) {
        await this.#fail(name, endedByItself(name));
        return;
      }
      await records.update(name, (old) => ({
        ...(old ?? record),
        state: "starting",
        flow: { kind: "start", steps: ["start", "answer"] },
      }));
      void this.advance(name);
    } catch (error) {
      // The target cannot be asked: that says nothing about the 3Bot.
      this.#options.log.warn(`cannot look after a 3Bot: ${messageOf(error)}`, { name });
    }
  }

  async *#records(): AsyncGenerator<DeploymentRecord, void, undefined> {
    for await (const name of this.#options.records.names()) {
      try {
        const record = await this.#options.records.read(name);
        if (record !== undefined) yield record;
      } catch (error) {
        this.#options.log.error(messageOf(error), { name });
      }
    }
  }
}

/** The record when its first step is done. */
function rest(record: DeploymentRecord): Partial<DeploymentRecord> {
  const { flow } = record;
  if (flow === undefined) return {};
  const [, ...steps] = flow.steps;
  if (steps.length > 0) return { flow: { ...flow, steps } };
  const state = flow.kind === "stop" ? "stopped" : flow.kind === "destroy" ? "destroyed" : "running";
  return { flow: undefined, state, step: state, problem: undefined };
}

function interrupted(name: string): TasticError {
  return new TasticError("cancelled", `the start of ${name} was interrupted before it had begun`, {
    guidance: "Enter its name and password once more.",
  });
}

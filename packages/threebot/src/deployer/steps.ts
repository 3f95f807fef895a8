/** The steps of what goes on with a 3Bot. Each may be done again by another process that finds it begun. */
import { setTimeout as sleep } from "node:timers/promises";
import { isTasticError, TasticError } from "@tastic/errors";
import type { SecretBox } from "../state/secret-box.js";
import type { DeploymentRecord, Step } from "./deployment.js";
import type { Target } from "./target.js";
import { ThreebotClient } from "./threebot-client.js";

export interface StepContext {
  readonly targetOf: (id: string) => Target;
  readonly secrets: SecretBox;
  readonly now: () => number;
  /** Writes down what has to outlive this process within a step. */
  readonly note: (change: Partial<DeploymentRecord>) => Promise<void>;
  readonly signal: AbortSignal;
  /** So long a 3Bot may take until its page answers, in milliseconds. */
  readonly patience: number;
  /** Does the marketplace agree that it is to be removed? */
  readonly mayRemove: (name: string) => Promise<boolean>;
}

/** `later`: it is not time yet. */
type Outcome = Partial<DeploymentRecord> | "later";

const pause = 200;

export async function doStep(step: Step, record: DeploymentRecord, context: StepContext): Promise<Outcome> {
  const { name, other } = record;
  const target = context.targetOf(record.target);
  switch (step) {
    case "backup":
      await backUp(record, context);
      return { run: undefined };
    case "stop":
      await target.stop(name);
      if (record.flow?.kind === "destroy" && other !== undefined) await context.targetOf(other).stop(name);
      // On a move, from now on it is where it goes to.
      if (record.flow?.kind !== "move" || other === undefined) return {};
      return { target: other, other: record.target };
    case "start":
      // One whose recovery has failed is there, to be looked at, and begins another only at its start.
      if (record.failedRun !== undefined) await target.stop(name);
      return target.start(name);
    case "answer":
      await untilItAnswers(record, target, context);
      return {};
    case "recover":
      await untilRecovered(record, context);
      return { failedRun: undefined };
    case "remove-old":
      if (other !== undefined) await context.targetOf(other).remove(name);
      return { other: undefined };
    case "remove":
      if (Date.parse(record.undoUntil ?? "") > context.now() || !(await context.mayRemove(name)))
        return "later";
      // Also where a move has left something of it.
      if (other !== undefined) await context.targetOf(other).remove(name);
      await target.remove(name);
      return { other: undefined };
    default:
      throw new TasticError("internal", `there is no step ${String(step)}`);
  }
}

export function sealedTokenOf(name: string): string {
  return `deployment/${name}/api-token`;
}

function clientOf({ name, address, apiToken }: DeploymentRecord, { secrets }: StepContext): ThreebotClient {
  if (address === undefined) throw new TasticError("not-found", `nobody knows where the page of ${name} is`);
  return new ThreebotClient(address, secrets.open(sealedTokenOf(name), apiToken));
}

async function backUp(record: DeploymentRecord, context: StepContext): Promise<void> {
  const client = clientOf(record, context);
  let { run } = record;
  if (run === undefined) {
    run = (await client.backup(context.signal)).id;
    await context.note({ run });
  }
  await client.ended(run, context.signal);
}

async function untilItAnswers(record: DeploymentRecord, target: Target, context: StepContext): Promise<void> {
  const client = clientOf(record, context);
  const end = performance.now() + context.patience;
  while (!(await client.answers())) {
    if ((await target.status(record.name)) !== "running") throw endedByItself(record.name);
    if (performance.now() > end) {
      throw new TasticError("storage-failed", `the page of ${record.name} does not answer`, {
        guidance: "Look at the 3Bot's log, then start it again.",
      });
    }
    await sleep(pause, undefined, { signal: context.signal });
  }
}

/**
 * It recovers by itself, as it was told in its handover, and after a start once more if that failed. Then the run that
 * failed is still its newest for a moment; or its owner has done at its page what was left to be done.
 */
async function untilRecovered(record: DeploymentRecord, context: StepContext): Promise<void> {
  const client = clientOf(record, context);
  const { failedRun } = record;
  const end = performance.now() + context.patience;
  for (;;) {
    const isDecided = failedRun !== undefined && (await client.isReady());
    const run = await client.newest("recover");
    if (run !== undefined && run.id !== failedRun) return recovered(client, run.id, context);
    if (isDecided) return;
    if (performance.now() > end) {
      throw new TasticError("incomplete", `${record.name} does not begin to recover`, {
        guidance: "Look at the page of the 3Bot; it may ask something.",
      });
    }
    await sleep(pause, undefined, { signal: context.signal });
  }
}

async function recovered(client: ThreebotClient, id: string, context: StepContext): Promise<void> {
  try {
    await client.recovered(id, context.signal);
  } catch (error) {
    if (isTasticError(error, "incomplete")) await context.note({ failedRun: id });
    throw error;
  }
}

export function endedByItself(name: string): TasticError {
  return new TasticError("storage-failed", `the 3Bot ${name} has ended by itself`, {
    guidance: "Look at its log, then start it again.",
  });
}

export function problemOf(error: unknown): NonNullable<DeploymentRecord["problem"]> {
  // What is not an error of ours may say anything.
  if (!isTasticError(error)) return { code: "internal", message: "the deployer met a defect of its own" };
  const { code, message, guidance } = error;
  return { code, message, guidance };
}

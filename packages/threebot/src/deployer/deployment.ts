/** A 3Bot that was deployed: where it is, how far what goes on with it has come, and how others see it. */
import { TasticError } from "@tastic/errors";
import * as v from "valibot";

const time = v.pipe(v.string(), v.isoTimestamp());

const problemRecord = v.object({ code: v.string(), message: v.string(), guidance: v.optional(v.string()) });

const step = v.picklist(["backup", "stop", "start", "answer", "recover", "remove-old", "remove"]);

/** What goes on. Each names the steps that are still to be done, the first of which may have been begun. */
const flowRecord = v.object({
  kind: v.picklist(["create", "recover", "start", "stop", "move", "destroy"]),
  steps: v.array(step),
});

export const deploymentRecord = v.object({
  name: v.string(),
  /** The id of its target. */
  target: v.string(),
  /** Where it was, until it has come back elsewhere; or where it is to go, while it is backed up. */
  other: v.optional(v.string()),
  state: v.picklist(["starting", "running", "stopped", "failed", "destroying", "destroyed"]),
  step: v.string(),
  address: v.optional(v.string()),
  started: time,
  problem: v.optional(problemRecord),
  undoUntil: v.optional(time),
  flow: v.optional(flowRecord),
  /** What was left to be done when it failed. */
  left: v.optional(v.array(step)),
  /** The sealed token of its interface. */
  apiToken: v.string(),
  /** The run that a step is waiting for. */
  run: v.optional(v.string()),
  /** The recovery that did not bring everything back: after a restart another one is waited for. */
  failedRun: v.optional(v.string()),
});

export type DeploymentRecord = v.InferOutput<typeof deploymentRecord>;
export type Step = v.InferOutput<typeof step>;

/** As the page gets it. */
export const deployment = v.object({
  name: v.string(),
  target: v.string(),
  state: deploymentRecord.entries.state,
  step: v.string(),
  address: v.optional(v.string()),
  started: time,
  problem: v.optional(problemRecord),
  undoUntil: v.optional(time),
});

export type Deployment = v.InferOutput<typeof deployment>;

export function shown(record: DeploymentRecord): Deployment {
  const { name, target, state, address, started, undoUntil } = record;
  return { name, target, state, step: record.step, address, started, problem: record.problem, undoUntil };
}

/** From these a 3Bot may be made anew. */
export const isOver: readonly DeploymentRecord["state"][] = ["failed", "destroyed"];

/** The record when something begins. */
export function flowOf(
  old: DeploymentRecord,
  kind: NonNullable<DeploymentRecord["flow"]>["kind"],
  steps: readonly Step[],
): DeploymentRecord {
  const { left: _, problem: __, ...kept } = old;
  return { ...kept, step: steps[0] ?? "", flow: { kind, steps: [...steps] } };
}

/** @throws TasticError locked while something else goes on, or it is in another state */
export function refuseUnless(
  { name, state, flow }: DeploymentRecord,
  states: readonly DeploymentRecord["state"][],
  what: string,
): void {
  if (flow === undefined && states.includes(state)) return;
  const now = flow === undefined ? state : `in the middle of: ${flow.kind}`;
  throw new TasticError("locked", `${name} is not ${what} while it is ${now}`);
}

/** How one that has stopped, or failed on its way, starts again: what it had not come to is done then. */
export function restartOf(old: DeploymentRecord): DeploymentRecord {
  const left = (old.left ?? []).filter((one) => one === "recover" || one === "remove-old");
  const kind = left.includes("remove-old") ? "move" : left.includes("recover") ? "recover" : "start";
  return { ...flowOf(old, kind, ["start", "answer", ...left]), state: "starting" };
}

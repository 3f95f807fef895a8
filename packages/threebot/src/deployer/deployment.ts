/** A 3Bot that was deployed: where it is, how far what goes on with it has come, and how others see it. */
import { TasticError } from "@tastic/errors";
import * as v from "valibot";

const time = v.pipe(v.string(), v.isoTimestamp());

const problem = v.object({ code: v.string(), message: v.string(), guidance: v.optional(v.string()) });

/** What goes on. Each names the steps that are still to be done, the first of which may have been begun. */
const flowRecord = v.object({
  kind: v.picklist(["create", "recover", "start", "stop", "move", "destroy"]),
  steps: v.array(v.picklist(["backup", "stop", "start", "answer", "recover", "remove-old", "remove"])),
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
  problem: v.optional(problem),
  undoUntil: v.optional(time),
  flow: v.optional(flowRecord),
  /** The sealed token of its interface. */
  apiToken: v.string(),
  /** The run that a step is waiting for. */
  run: v.optional(v.string()),
});

export type DeploymentRecord = v.InferOutput<typeof deploymentRecord>;
export type Step = v.InferOutput<typeof flowRecord>["steps"][number];

/** As the page gets it. */
export const deployment = v.object({
  name: v.string(),
  target: v.string(),
  state: deploymentRecord.entries.state,
  step: v.string(),
  address: v.optional(v.string()),
  started: time,
  problem: v.optional(problem),
  undoUntil: v.optional(time),
});

export type Deployment = v.InferOutput<typeof deployment>;

export function shown(record: DeploymentRecord): Deployment {
  const { name, target, state, step, address, started, problem: met, undoUntil } = record;
  return { name, target, state, step, address, started, problem: met, undoUntil };
}

/** From these a 3Bot may be made anew. */
export const restarts: ReadonlySet<DeploymentRecord["state"]> = new Set(["failed", "destroyed"]);

/** The record when something begins. */
export function flowOf(
  old: DeploymentRecord,
  kind: NonNullable<DeploymentRecord["flow"]>["kind"],
  steps: readonly Step[],
): DeploymentRecord {
  return { ...old, step: steps[0] ?? "", problem: undefined, flow: { kind, steps: [...steps] } };
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

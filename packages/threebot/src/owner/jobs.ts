/** Backup jobs: what else is backed up, beside the 3Bot itself. */
import { messageOf, TasticError } from "@tastic/errors";
import { jobTagBegin } from "../copies/merged-snapshots.js";
import { checkPaths } from "../runs/restore-places.js";
import { expandPath } from "../runs/sources.js";
import type { OwnerState } from "./owner-state.js";
import type { Job, JobStatus, Place, Run } from "./service.js";
import type { JobRecord } from "./state-schemas.js";

export interface JobsOptions {
  readonly state: OwnerState;
  readonly home: string;
  /** Folders that may be backed up. */
  readonly roots: readonly string[];
  readonly now: () => number;
  /** Begins a job in one place. @throws TasticError locked */
  readonly begin: (job: JobRecord, place: Place, allowLess: boolean) => Promise<Run>;
}

const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const maximumJobs = 100;

export class Jobs {
  readonly #options: JobsOptions;

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  async list(): Promise<readonly JobStatus[]> {
    return (await this.#options.state.jobs()).map(shownJob);
  }

  /** @throws TasticError invalid-argument, unsafe-path, not-found for a place that is not set up */
  async set(job: Job): Promise<JobStatus> {
    const { state, home, roots, now } = this.#options;
    checkJob(job, home);
    await checkPaths(job.paths, home, { roots });
    for (const place of job.places) await state.needPlace(place);
    const { name, paths, excludes, everyHours, retention } = job;
    const time = new Date(now()).toISOString();
    await state.changeJobs((all) => {
      const old = all.find((one) => one.name === name);
      if (old === undefined && all.length >= maximumJobs)
        throw new TasticError("limit-exceeded", `there are ${maximumJobs} jobs already`);
      const at = [...new Set(job.places)].map((place) => {
        const known = old?.at.find((one) => one.place === place);
        const next = everyHours === 0 ? undefined : old?.everyHours === everyHours ? known?.next : undefined;
        return { failures: 0, ...known, place, next: everyHours === 0 ? undefined : (next ?? time) };
      });
      const record: JobRecord = {
        ...{ name, everyHours, retention, at },
        ...{ paths: [...paths], excludes: [...excludes] },
      };
      return [...all.filter((one) => one !== old), record].sort((a, b) => (a.name < b.name ? -1 : 1));
    });
    return shownJob(await this.need(name));
  }

  /** @throws TasticError not-found */
  async remove(name: string): Promise<void> {
    await this.need(name);
    await this.#options.state.changeJobs((all) => all.filter((one) => one.name !== name));
  }

  /** @throws TasticError not-found, and what keeps it from being begun anywhere */
  async run(name: string, allowLess: boolean): Promise<readonly Run[]> {
    const { state, begin, now } = this.#options;
    const job = await this.need(name);
    const runs: Run[] = [];
    const refused: unknown[] = [];
    for (const { place } of job.at) {
      try {
        runs.push(await begin(job, place, allowLess));
      } catch (error) {
        refused.push(error);
        // Another run goes on there: after it.
        await changeJobAt(state, name, place, { next: new Date(now()).toISOString() });
      }
    }
    if (runs.length > 0) return runs;
    throw refused[0] instanceof TasticError
      ? refused[0]
      : new TasticError("internal", `the job ${name} cannot be begun: ${messageOf(refused[0])}`);
  }

  async need(name: string): Promise<JobRecord> {
    const found = (await this.#options.state.jobs()).find((one) => one.name === name);
    if (found !== undefined) return found;
    throw new TasticError("not-found", `there is no job ${JSON.stringify(name.slice(0, 40))}`);
  }
}

/** Changes what is written down of a job at a place; does nothing where it is there no more. */
export async function changeJobAt(
  state: OwnerState,
  name: string,
  place: Place,
  change: Partial<JobRecord["at"][number]>,
): Promise<void> {
  await state.changeJobs((all) =>
    all.map((job) =>
      job.name === name
        ? { ...job, at: job.at.map((one) => (one.place === place ? { ...one, ...change } : one)) }
        : job,
    ),
  );
}

/** A job's snapshots are told by their tag, which others must not have. @throws TasticError invalid-argument */
export function refuseJobTags(tags: readonly string[]): void {
  const [tag] = tags.filter((one) => one.startsWith(jobTagBegin));
  if (tag === undefined) return;
  throw new TasticError("invalid-argument", `${JSON.stringify(tag.slice(0, 100))} is the tag of a job`, {
    guidance: `Choose a tag that does not begin with "${jobTagBegin}".`,
  });
}

function checkJob({ name, paths, places, everyHours, retention }: Job, home: string): void {
  const refuse = (message: string, guidance: string): never => {
    throw new TasticError("invalid-argument", message, { guidance });
  };
  if (!namePattern.test(name))
    refuse(
      `${JSON.stringify(name.slice(0, 40))} is no name of a job`,
      "Small letters, digits and dashes, at most 40.",
    );
  if (paths.length === 0) refuse("a job without paths backs nothing up", "Give one or more.");
  for (const path of paths) expandPath(path, home);
  if (places.length === 0)
    refuse("a job needs a place to back up to", "Choose the marketplace, your Minio, or both.");
  if (!(everyHours >= 0 && everyHours <= 24 * 366))
    refuse("that is no interval", "From 1 hour to a year; 0 for never.");
  if (Object.values(retention).every((count) => count === 0))
    refuse("a retention that keeps nothing would remove every snapshot", "Keep at least one by some rule.");
}

function shownJob({ name, paths, excludes, everyHours, retention, at }: JobRecord): JobStatus {
  return {
    ...{ name, paths, excludes, everyHours, retention },
    places: at.map(({ place }) => place),
    at: at.map(({ place, next, last }) => ({ place, next, last })),
  };
}

/**
 * The deployer: makes 3Bots, brings them back from name and password, and ends them. Passwords go through it, to the
 * marketplace taken apart, to the 3Bot whole; it keeps none.
 */
import { join } from "node:path";
import { TasticError } from "@tastic/errors";
import {
  createAuditFile,
  createLocalDocuments,
  localModes,
  silentLog,
  type AuditLog,
  type Log,
} from "@tastic/rest-server";
import { parseName, type ThreebotName } from "../identity/names.js";
import type { Marketplace } from "../marketplace/marketplace.js";
import { makeToken } from "../marketplace/tokens.js";
import { Turns } from "../marketplace/turns.js";
import { Records } from "../state/records.js";
import { SecretBox } from "../state/secret-box.js";
import { checkName, type Checked } from "./check-name.js";
import { Beginnings, type Beginning } from "./beginnings.js";
import {
  deploymentRecord,
  flowOf,
  refuseUnless,
  restartOf,
  isOver,
  shown,
  type Deployment,
  type DeploymentRecord,
  type Step,
} from "./deployment.js";
import type { FoundCopy } from "./find-copies.js";
import { Flows } from "./flows.js";
import { problemOf, sealedTokenOf } from "./steps.js";
import { strengthOf, type Strength } from "./strength.js";
import type { Target } from "./target.js";

export interface DeployerOptions {
  /** Of everything that it keeps. Only one deployer may have it. */
  readonly folder: string;
  readonly marketplace: Marketplace;
  /** Where 3Bots reach the marketplace. */
  readonly marketplaceUrl: string;
  /** Where 3Bots can run; the first where nothing else is said. */
  readonly targets: readonly Target[];
  readonly log?: Log;
  readonly now?: () => number;
  /** How often it looks what is to be done, in milliseconds of real time. */
  readonly interval?: number;
  /** So long a 3Bot may take until its page answers, in milliseconds. */
  readonly patience?: number;
}

/** Somebody waits at the page, in milliseconds. */
const stopPatience = 10_000;

export async function createDeployer(options: DeployerOptions): Promise<Deployer> {
  if (options.targets.length === 0)
    throw new TasticError("invalid-argument", "a deployer needs a target to deploy to");
  return new Deployer(options, await SecretBox.open(join(options.folder, "key")));
}

export class Deployer {
  readonly #options: DeployerOptions;
  readonly #secrets: SecretBox;
  readonly #records: Records<typeof deploymentRecord>;
  readonly #audit: AuditLog;
  readonly #now: () => number;
  readonly #flows: Flows;
  readonly #beginnings: Beginnings;
  readonly #turns = new Turns();
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(options: DeployerOptions, secrets: SecretBox) {
    const { folder, targets, log = silentLog, now = Date.now, patience = 120_000 } = options;
    this.#options = options;
    this.#secrets = secrets;
    this.#beginnings = new Beginnings(options.marketplace);
    this.#now = now;
    const modes = localModes(false);
    this.#records = new Records(createLocalDocuments(folder, modes), "deployments", deploymentRecord);
    this.#audit = createAuditFile(join(folder, "audit.log"), modes, now);
    const { audit, records } = { audit: this.#audit, records: this.#records };
    const mayRemove = async (name: string): Promise<boolean> =>
      (await options.marketplace.standing(name)) !== "registered";
    this.#flows = new Flows({ records, targets, secrets, audit, log, now, patience, mayRemove });
  }

  /** The ids of where 3Bots can run. */
  get targets(): readonly string[] {
    return this.#options.targets.map(({ id }) => id);
  }

  /** Takes up what was interrupted. */
  async start(): Promise<void> {
    await this.#flows.resume();
    this.#timer = setInterval(() => void this.work(), this.#options.interval ?? 15_000).unref();
  }

  /** 3Bots go on running. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flows.stop();
    await this.#working;
    await this.#audit.close();
  }

  /** Does all that is due now. */
  work(): Promise<void> {
    this.#working = this.#working.then(() => this.#flows.work());
    return this.#working;
  }

  check(typed: string): Promise<Checked> {
    return checkName(typed, this.#options.marketplace, this.#records);
  }

  strength(password: string, typedName = ""): Promise<Strength> {
    return strengthOf(password, typedName === "" ? [] : [typedName]);
  }

  /** What a name and a password lead to. @throws TasticError wrong-password, locked */
  async find(typed: string, password: string, from: string): Promise<readonly FoundCopy[]> {
    return this.#beginnings.find({ name: parseName(typed), password, from });
  }

  /** A new 3Bot. @throws TasticError already-exists, invalid-argument, storage-failed */
  async create(typed: string, password: string, from: string, target?: string): Promise<Deployment> {
    return this.#new({ name: parseName(typed), password, from }, target, (beginning, here, begun) =>
      this.#beginnings.create(beginning, here, begun),
    );
  }

  /** Brings a 3Bot back. @throws TasticError wrong-password, already-exists, storage-failed if no copy can be looked into */
  async recover(typed: string, password: string, from: string, target?: string): Promise<Deployment> {
    return this.#new({ name: parseName(typed), password, from }, target, (beginning, _here, begun) =>
      this.#beginnings.recover(beginning, begun),
    );
  }

  async list(): Promise<Deployment[]> {
    const found: Deployment[] = [];
    for await (const record of this.#records) found.push(shown(record));
    return found;
  }

  /** @throws TasticError not-found */
  async get(typed: string): Promise<Deployment> {
    return shown(await this.#existing(parseName(typed)));
  }

  /** Returns when it has ended, or goes on in a while. */
  async stopThreebot(typed: string): Promise<Deployment> {
    const { name } = await this.#begin(typed, "stop", ["running", "failed"], (old) =>
      flowOf(old, "stop", ["stop"]),
    );
    await Promise.race([
      this.#flows.advance(name),
      new Promise((resolve) => setTimeout(resolve, stopPatience).unref()),
    ]);
    return this.get(name);
  }

  startThreebot(typed: string): Promise<Deployment> {
    return this.#begin(typed, "start", ["stopped", "failed"], restartOf);
  }

  /** To another target: it is backed up, ended, and comes back there. */
  async move(typed: string, to: string, password: string, from: string): Promise<Deployment> {
    const name = parseName(typed);
    const record = await this.#existing(name);
    const target = this.#flows.targetOf(to);
    if (record.target === to) throw new TasticError("invalid-argument", `${name} is at ${to} already`);
    const { loginSecret } = await this.#beginnings.derive(name, password);
    await this.#options.marketplace.login({ name, loginSecret }, from);
    const steps: readonly Step[] = ["backup", "stop", "start", "answer", "recover", "remove-old"];
    const moving = (old: DeploymentRecord): DeploymentRecord => ({
      ...flowOf(old, "move", old.state === "stopped" ? ["start", "answer", ...steps] : steps),
      state: "starting",
      other: to,
    });
    return this.#begin(name, "move", ["running", "stopped"], moving, () =>
      this.#prepare(target, record, password, "recover"),
    );
  }

  /** Ends it, and removes it with its backups when the time to undo that is over. */
  async destroy(typed: string, confirm: string, password: string, from: string): Promise<Deployment> {
    const name = parseName(typed);
    const { loginSecret } = await this.#beginnings.derive(name, password);
    return this.#turns.take(name, async () => {
      const { undoUntil } = await this.#options.marketplace.destroy({ name, loginSecret, confirm }, from);
      await this.#audit.record({ event: "destroy", account: name, address: from });
      const record = await this.#records.update(name, (old) => ({
        ...flowOf(old ?? this.#newRecord(name, undefined), "destroy", ["stop", "remove"]),
        state: "destroying",
        undoUntil,
      }));
      void this.#flows.advance(name);
      return shown(record);
    });
  }

  /** As long as nothing is removed. @throws TasticError access-denied if it is too late */
  async undo(typed: string, from: string): Promise<Deployment> {
    const name = parseName(typed);
    return this.#turns.take(name, async () => {
      await this.#existing(name);
      await this.#options.marketplace.undoDestroy(name, from);
      await this.#audit.record({ event: "undo", account: name, address: from });
      // What was being done comes to its end first.
      await this.#flows.advance(name);
      const record = await this.#records.update(name, (old) => {
        if (old?.state !== "destroying") throw new TasticError("not-found", `${name} is not being removed`);
        const { flow: _, undoUntil: __, ...kept } = old;
        return { ...kept, state: "stopped", step: "stopped" };
      });
      return shown(record);
    });
  }

  /** What creating and recovering have in common. `work` calls `begun` once it knows that this may be. */
  async #new(
    beginning: Beginning,
    to: string | undefined,
    work: (beginning: Beginning, here: boolean, begun: () => Promise<void>) => Promise<"create" | "recover">,
  ): Promise<Deployment> {
    const { name, password, from } = beginning;
    const target = this.#flows.targetOf(to ?? this.#options.targets[0]!.id);
    return this.#turns.take(name, async () => {
      const old = await this.#records.read(name);
      if (old !== undefined && !(await this.#isGone(old))) refuseUnless(old, isOver, "to be made anew");
      if (old !== undefined) await this.#end(old);
      // What has failed there is in its folder still.
      const fresh = { ...this.#newRecord(name, target.id), failedRun: old?.failedRun };
      let begun = false;
      try {
        const intent = await work(beginning, old !== undefined, async () => {
          await this.#records.update(name, () => fresh);
          begun = true;
        });
        await this.#prepare(target, fresh, password, intent);
        await this.#audit.record({ event: intent, account: name, target: target.id, address: from });
        const steps: readonly Step[] =
          intent === "create" ? ["start", "answer"] : ["start", "answer", "recover"];
        const record = await this.#records.update(name, () => flowOf(fresh, intent, steps));
        void this.#flows.advance(name);
        return shown(record);
      } catch (error) {
        const failed = { state: "failed", step: "prepare", problem: problemOf(error) } as const;
        if (begun) await this.#records.update(name, () => ({ ...fresh, ...failed }));
        throw error;
      }
    });
  }

  /** It was stopped, and then its machine was lost. */
  async #isGone({ name, state, target, flow }: DeploymentRecord): Promise<boolean> {
    if (state !== "stopped" || flow !== undefined) return false;
    return (await this.#flows.targetOf(target).status(name)) === "absent";
  }

  /** Whatever may still run of it. Where a machine is gone, nothing can be ended, and that is why it is made anew. */
  async #end({ name, target, other }: DeploymentRecord): Promise<void> {
    for (const id of new Set([target, other ?? target])) {
      try {
        await this.#flows.targetOf(id).stop(name);
      } catch (error) {
        const problem = problemOf(error).code;
        await this.#audit.record({ event: "not-ended-before", account: name, target: id, problem });
      }
    }
  }

  async #prepare(
    target: Target,
    { name, apiToken: sealed }: DeploymentRecord,
    password: string,
    intent: "create" | "recover",
  ): Promise<void> {
    const { marketplaceUrl: marketplace } = this.#options;
    const apiToken = this.#secrets.open(sealedTokenOf(name), sealed);
    await target.prepare({ name, password, marketplace, intent, apiToken });
  }

  async #begin(
    typed: string,
    what: string,
    states: readonly DeploymentRecord["state"][],
    change: (old: DeploymentRecord) => DeploymentRecord,
    before: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Deployment> {
    const name = parseName(typed);
    const allowed = (old: DeploymentRecord): void => refuseUnless(old, states, `to ${what}`);
    return this.#turns.take(name, async () => {
      allowed(await this.#existing(name));
      await before();
      await this.#audit.record({ event: what, account: name });
      const record = await this.#records.update(name, (old) => {
        if (old === undefined) throw new TasticError("not-found", `there is no 3Bot ${name} here`);
        allowed(old);
        return change(old);
      });
      void this.#flows.advance(name);
      return shown(record);
    });
  }

  async #existing(name: ThreebotName): Promise<DeploymentRecord> {
    const record = await this.#records.read(name);
    if (record === undefined) throw new TasticError("not-found", `there is no 3Bot ${name} here`);
    return record;
  }

  #newRecord(name: ThreebotName, target = this.#options.targets[0]!.id): DeploymentRecord {
    const apiToken = this.#secrets.seal(sealedTokenOf(name), `3bot_${makeToken()}`);
    const started = new Date(this.#now()).toISOString();
    return { name, target, state: "starting", step: "prepare", started, apiToken };
  }
}

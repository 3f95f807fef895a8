/** The routes of the marketplace's deployer, as functions. */
import { get, post } from "./request.js";

export interface Deployment {
  readonly name: string;
  /** Where it runs. */
  readonly target?: string | undefined;
  readonly state: "starting" | "running" | "stopped" | "failed" | "destroying" | "destroyed";
  /** What it does now, or did last. */
  readonly step: string;
  readonly address?: string | undefined;
  readonly started: string;
  readonly problem?: Problem | undefined;
  /** Until when a destruction can be undone. */
  readonly undoUntil?: string | undefined;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly guidance?: string | undefined;
}

export interface NameCheck {
  readonly known: boolean;
  readonly running: boolean;
  readonly allowed: boolean;
  readonly problem?: string;
}

export interface Strength {
  readonly score: number;
  readonly guidance: string;
  /** Good enough for a new 3Bot. */
  readonly enough: boolean;
}

export interface FoundCopy {
  readonly url: string;
  readonly snapshots: number;
  readonly newest?: string | undefined;
  readonly problem?: Problem | undefined;
}

export type DeploymentChange = "stop" | "start" | "move" | "destroy" | "undo";

const one = (name: string, what = ""): string =>
  `deployer/deployments/${encodeURIComponent(name)}${what === "" ? "" : `/${what}`}`;

export const deployer = {
  check: (name: string) => post<NameCheck>("deployer/check", { name }),
  strength: (password: string, name: string) => post<Strength>("deployer/strength", { password, name }),
  find: (name: string, password: string) =>
    post<{ copies: FoundCopy[] }>("deployer/find", { name, password }),
  create: (name: string, password: string) => post<Deployment>("deployer/create", { name, password }),
  recover: (name: string, password: string) => post<Deployment>("deployer/recover", { name, password }),
  targets: () => get<{ targets: string[] }>("deployer/targets"),
  list: () => get<{ deployments: Deployment[] }>("deployer/deployments"),
  one: (name: string) => get<Deployment>(one(name)),
  change: (
    name: string,
    what: DeploymentChange,
    request: { password?: string; confirm?: string; target?: string } = {},
  ) => post<Deployment>(one(name, what), request),
};

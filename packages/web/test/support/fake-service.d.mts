/** Only what the tests look at. */
export interface FakeState {
  sessions: Set<string>;
  readonly streams: Set<unknown>;
  streamsOpened: number;
  readonly requests: string[];
  readonly defects: unknown[];
  readonly settings: { retention: Record<string, number> };
  readonly deployments: Record<string, unknown>[];
  readonly places: Record<"marketplace" | "minio", { state: string; automatic: boolean }>;
  readonly snapshots: { id: string; pinned: boolean; snapshot: { tags: string[] } }[];
  readonly runs: { id: string; kind: string; state: string; problem?: object; report?: object }[];
}

export interface FakeService {
  readonly url: string;
  readonly state: FakeState;
  /** Takes runs that are held on to this share of their work; with 1 they are done. */
  advance(share: number): void;
  close(): Promise<void>;
}

export type RunTime = number | "held";

export type Scene = "safe" | "trouble" | "new" | "first" | "begun" | "undecided" | "hindered";

export declare const contentSecurityPolicy: string;
export declare function startFakeService(options?: {
  scene?: Scene;
  now?: number;
  /** Milliseconds that a run takes; "held": it stays halfway until it is advanced. */
  runTime?: RunTime;
}): Promise<FakeService>;

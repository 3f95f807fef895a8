/** Only what the tests look at. */
export interface FakeState {
  sessions: Set<string>;
  readonly streams: Set<unknown>;
  streamsOpened: number;
  readonly requests: string[];
  readonly defects: unknown[];
  readonly settings: { retention: Record<string, number> };
  readonly deployments: { name: string; state: string }[];
  readonly places: Record<"marketplace" | "minio", { state: string; automatic: boolean }>;
  readonly snapshots: { id: string; pinned: boolean; snapshot: { tags: string[] } }[];
  readonly runs: { id: string; kind: string; state: string }[];
  runTime: number;
}

export interface FakeService {
  readonly url: string;
  readonly state: FakeState;
  close(): Promise<void>;
}

export type Scene = "safe" | "trouble" | "new" | "first";

export declare const contentSecurityPolicy: string;
export declare function startFakeService(options?: {
  scene?: Scene;
  now?: number;
  /** Milliseconds that a run takes. */
  runTime?: number;
}): Promise<FakeService>;

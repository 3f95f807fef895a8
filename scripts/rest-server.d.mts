export interface LaunchedRestServer {
  /** Where it listens: "127.0.0.1:43211", or the path of a socket. */
  readonly address: string;
  /** Kills it as the power would, or lets it end (SIGTERM). */
  readonly stop: (signal?: "SIGKILL" | "SIGTERM") => Promise<void>;
}

/** Starts the real rest-server and waits until it listens. */
export function launchRestServer(program: string, args: readonly string[]): Promise<LaunchedRestServer>;

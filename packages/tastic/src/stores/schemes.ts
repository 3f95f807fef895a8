/** The kinds of stores, by what a location begins with. */
import type { OpenStore } from "./store.js";

export interface Scheme {
  /** Over a network, where requests get stuck and servers ask for less. */
  readonly remote: boolean;
  load(): Promise<{ readonly openStore: OpenStore }>;
}

export const schemes: Readonly<Record<string, Scheme>> = {
  local: { remote: false, load: () => import("./local.js") },
  rclone: { remote: true, load: () => import("./rclone.js") },
  rest: { remote: true, load: () => import("./rest.js") },
  s3: { remote: true, load: () => import("./s3.js") },
  sftp: { remote: true, load: () => import("./sftp.js") },
};

/** What restic opens itself and we leave to rclone, by its name for a remote of that kind. */
export const leftToRclone: Readonly<Record<string, string>> = {
  azure: "azureblob",
  b2: "b2",
  gs: "google cloud storage",
  swift: "swift",
};

/** Why no cluster can be started here, or undefined where one can. */
export function whyNoCeph(): string | undefined;

/** Where the gateway listens, and the keys of a user who may make buckets. */
export interface CephAccess {
  /** Such as "127.0.0.1:40123"; it speaks HTTP. */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface CephCluster extends CephAccess {
  /** Ends the daemons and removes what they stored. */
  readonly stop: () => Promise<void>;
}

/** Starts a cluster. What was started is ended again if it does not come up. */
export function startCeph(): Promise<CephCluster>;

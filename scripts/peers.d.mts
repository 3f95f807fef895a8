/** Paths of the programs that tests hold tastic against, and why some are missing. */
export interface Peers {
  readonly restic?: string;
  readonly getfattr?: string;
  readonly setfattr?: string;
  readonly "restic-rest-server"?: string;
  readonly rclone?: string;
  readonly "sftp-server"?: string;
  readonly reason?: string;
}

/** What there is; fetches nothing. */
export function findPeers(): Peers;

/** Fetches what is missing and says what there is. Ends the process where a peer is required and missing. */
export function ensurePeers(): Peers;

/** The path of a program, or undefined where it is in no folder of PATH. */
export function findInPath(program: string): string | undefined;

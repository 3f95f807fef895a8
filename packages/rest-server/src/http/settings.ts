/** What the handlers of requests go by. */

export interface HttpSettings {
  /** Are uploads held against the hash that is their name? */
  readonly verifyUploads: boolean;
  /** No object may be larger, in bytes. */
  readonly maximumObjectSize: number;
  /** Within so many milliseconds `minimumBodyBytes` of a body have to come, or be taken, else the client is let go. */
  readonly bodyPatience: number;
  readonly minimumBodyBytes: number;
  /** After so many milliseconds anybody may remove a lock, whoever made it. restic takes locks of 30 minutes for stale. */
  readonly staleLockAge: number;
}

export const defaultHttpSettings: HttpSettings = {
  verifyUploads: true,
  maximumObjectSize: 4 * 1024 ** 3,
  bodyPatience: 60_000,
  minimumBodyBytes: 16 * 1024,
  staleLockAge: 30 * 60_000,
};

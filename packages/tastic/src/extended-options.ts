/** `-o key=value`: options of stores, and which there are. */
import type { ExtendedOptions } from "@tastic/storage";
import { fatal } from "./text-error.js";

/** Of all stores that we open ourselves, with what each is for. Restic has more, which it does not refuse either. */
export const extendedOptions: Readonly<Record<string, string>> = {
  "local.connections": "how many operations at once (default: 2)",
  "rclone.args": "arguments of rclone (default: serve restic --stdio --b2-hard-delete)",
  "rclone.connections": "how many requests at once (default: 5)",
  "rclone.program": "the rclone to run (default: rclone)",
  "rclone.timeout": "how long rclone may take to be ready (default: 1m)",
  "rest.connections": "how many requests at once (default: 5)",
  "s3.bucket-lookup": "where a request names the bucket: auto, dns or path (default: auto)",
  "s3.connections": "how many requests at once (default: 5)",
  "s3.list-objects-v1": "list with the first version of the call (default: false)",
  "s3.region": "the region of the bucket",
  "s3.storage-class": "the storage class of new objects",
  "s3.unsafe-anonymous-auth": "send no credentials (default: false)",
  "sftp.args": "further arguments of ssh",
  "sftp.command": "a command that speaks SFTP, in place of ssh",
  "sftp.connections": "how many operations at once (default: 5)",
};

/**
 * The values by name. Which names a store knows, it says itself when it is opened: an option of another store is none of
 * its business.
 * @throws TasticError invalid-argument for an option without a name, or with two values
 */
export function parseExtendedOptions(given: readonly string[]): ExtendedOptions {
  const options = new Map<string, string>();
  for (const text of given) {
    const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(text) ?? [];
    const key = name.trim().toLowerCase();
    if (key === "") throw fatal("empty key is not a valid option");
    const known = options.get(key);
    if (known !== undefined && known !== value.trim()) {
      throw fatal(`key ${JSON.stringify(key)} present more than once`);
    }
    options.set(key, value.trim());
  }
  return Object.fromEntries(options);
}

import crypto, { type ScryptOptions } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { callbackify, promisify } from "node:util";

/** The cost of an owner's password: half a second. */
const costly = 2 ** 17;

/**
 * From now on scrypt runs once at that cost for each name and password of a test file, though each of its 3Bots derives
 * them again. What comes out is what scrypt gave.
 */
export function deriveOnce(): void {
  const derive = promisify<string, string, number, ScryptOptions, Buffer>(crypto.scrypt);
  const derived = new Map<string, Promise<Buffer>>();
  const once: typeof derive = async (password, salt, length, options) => {
    if (options.N !== costly || typeof salt !== "string") return derive(password, salt, length, options);
    const what = JSON.stringify([password, salt, length, options]);
    let key = derived.get(what);
    if (key === undefined) derived.set(what, (key = derive(password, salt, length, options)));
    // A copy, since whoever asked wipes it.
    return Buffer.from(await key);
  };
  crypto.scrypt = callbackify(once) as typeof crypto.scrypt;
  syncBuiltinESMExports();
}

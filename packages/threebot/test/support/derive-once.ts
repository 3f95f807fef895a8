/**
 * Imported for what it does: scrypt at the cost of an owner's password runs once for each name and password of a test file,
 * though each of its 3Bots derives them again. What comes out is what scrypt gave.
 */
import crypto, { type ScryptOptions } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { promisify } from "node:util";

/** Half a second's worth. */
const costly = 2 ** 17;

const scrypt = crypto.scrypt;
const derive = promisify<string, string, number, ScryptOptions, Buffer>(scrypt);
const derived = new Map<string, Promise<Buffer>>();

type Done = (error: Error | null, key: Buffer) => void;

function once(password: string, salt: string, length: number, options: ScryptOptions, done: Done): void {
  if (options.N !== costly || typeof salt !== "string") return scrypt(password, salt, length, options, done);
  const what = JSON.stringify([password, salt, length, options]);
  let key = derived.get(what);
  if (key === undefined) derived.set(what, (key = derive(password, salt, length, options)));
  // A copy, since whoever asked wipes it.
  key.then(
    (bytes) => done(null, Buffer.from(bytes)),
    (error: Error) => done(error, Buffer.alloc(0)),
  );
}

crypto.scrypt = once as typeof scrypt;
syncBuiltinESMExports();

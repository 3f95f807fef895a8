/**
 * The config file: what a repository is (restic's design, "Repository Format"). Sealed, but never compressed.
 */
import { TasticError } from "@tastic/errors";
import { parseId, type Id } from "./ids.js";
import { asObject, fieldError, parseJson } from "./json-fields.js";

/** Version 2 added compression. */
export type RepositoryVersion = 1 | 2;

/** What a repository says of itself (design.rst, "Repository Format"). */
export interface RepositoryConfig {
  readonly version: RepositoryVersion;
  /** 32 random bytes; tells repositories apart. */
  readonly id: Id;
  /** The polynomial that cuts files into chunks, in hexadecimal. Whether it is irreducible is for the chunker to say. */
  readonly chunkerPolynomial: string;
}

const MAX_CONFIG_LENGTH = 1 << 16;
const POLYNOMIAL = /^[0-9a-f]{1,16}$/;

/** The plaintext of a config file. */
export function encodeConfig(config: RepositoryConfig): Uint8Array {
  const { version, id, chunkerPolynomial } = config;
  return Buffer.from(`{"version":${version},"id":"${id}","chunker_polynomial":"${chunkerPolynomial}"}`);
}

/**
 * Reads the plaintext of a config file. Keys that other programs added are ignored.
 * @throws TasticError invalid-format; unsupported for a version other than 1 and 2
 */
export function decodeConfig(bytes: Uint8Array, what = "config"): RepositoryConfig {
  if (bytes.length > MAX_CONFIG_LENGTH) {
    throw new TasticError("limit-exceeded", `${what}: ${bytes.length} bytes are too many for a config file`);
  }
  const object = asObject(parseJson(bytes, what), what);
  const version = object["version"];
  if (typeof version !== "number" || !Number.isInteger(version))
    throw fieldError(what, "version", "an integer");
  if (version !== 1 && version !== 2) {
    throw new TasticError("unsupported", `${what}: repository version ${version} is not one of 1 and 2`, {
      guidance: "Use a newer version of tastic, or the program that made this repository.",
      data: { version },
    });
  }
  const polynomial = object["chunker_polynomial"];
  if (typeof polynomial !== "string" || !POLYNOMIAL.test(polynomial)) {
    throw fieldError(what, "chunker_polynomial", "up to 16 hexadecimal digits");
  }
  return { version, id: parseId(object["id"], `${what}: "id"`), chunkerPolynomial: polynomial };
}

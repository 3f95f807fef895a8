/** What the environment and `-o` say about a REST server, as in restic. Pure: nothing is read from the process. */
import {
  extendedOptionsOf,
  parseConnections,
  proxySettingsFrom,
  type ExtendedOptions,
  type ProxySettings,
} from "@tastic/storage";
import type { RestCredentials } from "./rest-location.js";

export interface RestSettings {
  /** The variables, such as `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The values of `-o`, by full name. */
  readonly extended: ExtendedOptions;
}

export interface RestOptionsFromSettings {
  readonly credentials?: RestCredentials;
  readonly connections?: number;
  readonly proxy?: ProxySettings;
}

/**
 * RESTIC_REST_USERNAME and RESTIC_REST_PASSWORD, which count where the URL names nobody, the variables that name
 * proxies, and `rest.connections`.
 *
 * @throws TasticError invalid-argument for an option `rest.…` that does not exist, or a number that is none
 */
export function restOptionsFrom({ environment, extended }: RestSettings): RestOptionsFromSettings {
  const { connections } = extendedOptionsOf("rest", ["connections"], extended);
  const username = environment["RESTIC_REST_USERNAME"] ?? "";
  const password = environment["RESTIC_REST_PASSWORD"] ?? "";
  const proxy = proxySettingsFrom(environment);
  return {
    ...(proxy === undefined ? {} : { proxy }),
    ...(username === "" && password === "" ? {} : { credentials: { username, password } }),
    ...(connections === undefined ? {} : { connections: parseConnections("rest.connections", connections) }),
  };
}

/** What a kind of store is to the command: a file in this folder, listed in `schemes.ts`, loaded when it is used. */
import type { Storage } from "@tastic/storage";
import type { ExtendedOptions } from "@tastic/storage";

/** What flags and variables say about how a store is reached. */
export interface StoreSettings {
  /** As the user gave it, with the scheme: "rest:https://host/". */
  readonly location: string;
  /** The values of `-o`, by full name. */
  readonly extended: ExtendedOptions;
  /** The variables, by restic's names. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly tls: TlsSettings;
  /** What to call ourselves in HTTP requests, if the user says it. */
  readonly userAgent: string | undefined;
  /** Gets each line that a program between us and the store prints on its standard error. */
  readonly onLine: (line: string) => void;
}

/** Contents of PEM files. */
export interface TlsSettings {
  readonly caCertificates: string | undefined;
  readonly clientCertificate: string | undefined;
  readonly insecure: boolean;
}

/** Makes the storage. Errors: `invalid-argument` for a location or options that make no sense. */
export type OpenStore = (settings: StoreSettings) => Storage;

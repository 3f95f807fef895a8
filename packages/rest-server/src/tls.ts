/** Certificate and key from files, read again when they change, so that a renewal needs no restart. */
import { readFileSync, statSync } from "node:fs";
import type { Server } from "node:https";
import type { SecureContextOptions, SecureVersion } from "node:tls";
import { createSecureContext } from "node:tls";
import { storageError } from "@tastic/storage";
import { silentLog, type Log } from "./operations/log.js";

export interface TlsFilesOptions {
  readonly certificate: string;
  readonly key: string;
  readonly minimumVersion?: SecureVersion;
  /** How often the files are looked at, in milliseconds. */
  readonly interval?: number;
  readonly log?: Log;
}

/** Forward secrecy and authenticated encryption only (RFC 9325, section 4.2). */
const ciphers = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
].join(":");

export class TlsFiles {
  readonly #options: TlsFilesOptions;
  readonly #log: Log;
  #stamp = "";
  #servers = new Set<Server>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TlsFilesOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
  }

  /** What a server needs to begin with. Throws where a file cannot be read, or the two do not belong together. */
  context(): SecureContextOptions {
    const { certificate, key, minimumVersion = "TLSv1.2" } = this.#options;
    try {
      const stamp = this.#look();
      const context = {
        cert: readFileSync(certificate),
        key: readFileSync(key),
        minVersion: minimumVersion,
        ciphers,
        honorCipherOrder: true,
      };
      createSecureContext(context);
      this.#stamp = stamp;
      return context;
    } catch (error) {
      throw storageError(error, "use", `the certificate ${certificate} and key ${key}`);
    }
  }

  /** Keeps a server's certificate up to date until it closes. */
  attach(server: Server): void {
    this.#servers.add(server);
    this.#timer ??= setInterval(() => this.reload(), this.#options.interval ?? 30_000).unref();
    server.once("close", () => {
      this.#servers.delete(server);
      if (this.#servers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
  }

  /** Reads the files again if they have changed. Files that cannot be used leave the old certificate in place. */
  reload(): void {
    try {
      if (this.#look() === this.#stamp) return;
      const context = this.context();
      for (const server of this.#servers) server.setSecureContext(context);
      this.#log.info("TLS certificate loaded again", { file: this.#options.certificate });
    } catch (error) {
      this.#log.error(
        `the old TLS certificate stays in use: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #look(): string {
    return [this.#options.certificate, this.#options.key]
      .map((path) => statSync(path))
      .map(({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`)
      .join(" ");
  }
}

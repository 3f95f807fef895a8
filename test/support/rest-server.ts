/** The real rest-server, started for a test on a port or a socket of its own, and stopped when the test is done. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { launchRestServer } from "../../scripts/rest-server.mjs";
import { temporaryFolder } from "./folders.js";
import { restServer } from "./peers.js";

export interface RestServerOptions {
  /** Listen on a unix socket rather than on a port. */
  readonly unix?: boolean;
  /** Serve TLS with the certificate of `testCertificates`. */
  readonly certificates?: TestCertificates;
  /** The one user who may come in, by password; anybody if not given. */
  readonly user?: { readonly name: string; readonly password: string };
  readonly appendOnly?: boolean;
  /** Bytes that all repositories together may have. */
  readonly maximumSize?: number;
  /** Further arguments. */
  readonly args?: readonly string[];
  /** Where the repositories are; a folder of the test's if not given. */
  readonly folder?: string;
  /** The port, for a server that comes back; a free one if not given. */
  readonly port?: number;
}

export interface RestServer {
  /** The server's URL without a user, ending in a slash, such as "http://127.0.0.1:43211/" or "http+unix:///…:/". */
  readonly url: string;
  /** The folder with the repositories; that of the URL's path "repo/" is `repo` in it. */
  readonly folder: string;
  /** Kills it as the power would, or lets it end (SIGTERM). */
  readonly stop: (signal?: "SIGKILL" | "SIGTERM") => Promise<void>;
}

/** Starts a server and waits until it listens. Stop it, for instance with `onTestFinished`. */
export async function startRestServer(options: RestServerOptions = {}): Promise<RestServer> {
  if (restServer === undefined) throw new Error("there is no rest-server");
  const folder = options.folder ?? join(await temporaryFolder(), "served");
  await mkdir(folder, { recursive: true });
  const socket = join(await temporaryFolder(), "socket");
  const args = ["--path", folder, ...(options.args ?? [])];
  args.push("--listen", options.unix === true ? `unix:${socket}` : `127.0.0.1:${options.port ?? 0}`);
  if (options.appendOnly === true) args.push("--append-only");
  if (options.maximumSize !== undefined) args.push("--max-size", String(options.maximumSize));
  if (options.certificates !== undefined) {
    args.push("--tls", "--tls-cert", options.certificates.serverCertificate);
    args.push("--tls-key", options.certificates.serverKey);
  }
  if (options.user === undefined) args.push("--no-auth");
  else {
    const file = join(folder, "users");
    const hash = createHash("sha1").update(options.user.password).digest("base64");
    await writeFile(file, `${options.user.name}:{SHA}${hash}\n`, { mode: 0o600 });
    args.push("--htpasswd-file", file);
  }
  const { address, stop } = await launchRestServer(restServer, args);
  const scheme = options.certificates === undefined ? "http" : "https";
  if (options.unix === true) return { url: `${scheme}+unix://${socket}:/`, folder, stop };
  return { url: `${scheme}://${address}/`, folder, stop };
}

/** Files in PEM: an authority, a server's certificate for 127.0.0.1 and localhost, and a client's with its key. */
export interface TestCertificates {
  readonly authority: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  /** Certificate and key in one file, as restic takes them. */
  readonly client: string;
}

/** Makes certificates with the machine's openssl. */
export async function makeCertificates(folder: string): Promise<TestCertificates> {
  const openssl = async (...args: string[]) => promisify(execFile)("openssl", args, { cwd: folder });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "2",
    "-subj",
    "/CN=ca",
  );
  for (const name of ["server", "client"]) {
    await writeFile(join(folder, `${name}.ext`), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
    await openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const signed = [
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "2",
    ];
    await openssl("x509", "-req", ...signed, "-extfile", `${name}.ext`, "-out", `${name}.pem`);
  }
  const both = await Promise.all(
    ["client.pem", "client.key"].map((file) => readFile(join(folder, file), "utf8")),
  );
  await writeFile(join(folder, "client-both.pem"), both.join(""));
  return {
    authority: join(folder, "ca.pem"),
    serverCertificate: join(folder, "server.pem"),
    serverKey: join(folder, "server.key"),
    client: join(folder, "client-both.pem"),
  };
}

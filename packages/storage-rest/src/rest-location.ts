/**
 * Where a repository on a REST server is, as restic writes it: `rest:https://user:password@host:8000/path/`, and
 * `rest:http+unix:///path/of.socket:/path/` for a unix socket.
 */
import { TasticError } from "@tastic/errors";

export interface RestCredentials {
  readonly username: string;
  readonly password: string;
}

export interface RestLocation {
  readonly tls: boolean;
  /** Without the brackets of an IPv6 address; "localhost" for a unix socket. */
  readonly host: string;
  /** The scheme's own if undefined. */
  readonly port: number | undefined;
  /** The path of a unix socket, if it is one. */
  readonly socketPath: string | undefined;
  /** The repository's path on the server, percent-encoded, with a slash at both ends. */
  readonly basePath: string;
  /** What the URL itself says; undefined if it names nobody. */
  readonly credentials: RestCredentials | undefined;
  /** The location as it may be shown: with *** for the password. */
  readonly shown: string;
}

const schemes = ["http:", "https:", "http+unix:", "https+unix:"];

/** @throws TasticError invalid-argument where it is none; the message does not repeat a password */
export function parseRestLocation(text: string): RestLocation {
  if (!text.startsWith("rest:")) throw invalid("it does not begin with rest:");
  const given = text.slice("rest:".length);
  if (!schemes.some((scheme) => given.startsWith(`${scheme}//`))) {
    throw invalid("the URL begins with neither https:// nor http://");
  }
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw invalid("it is no URL");
  }
  if (url.search !== "" || url.hash !== "") throw invalid("the URL has a query or a fragment");
  const { socketPath, path } = splitSocket(url);
  if (socketPath === undefined && url.hostname === "") throw invalid("it names no host");
  return {
    tls: url.protocol.startsWith("https"),
    host: socketPath === undefined ? url.hostname.replace(/^\[(.*)\]$/, "$1") : "localhost",
    port: url.port === "" ? undefined : Number(url.port),
    socketPath,
    basePath: path.endsWith("/") ? path : `${path}/`,
    credentials: credentialsOf(url),
    shown: shownLocation(url),
  };
}

function splitSocket(url: URL): { readonly socketPath: string | undefined; readonly path: string } {
  if (!url.protocol.includes("+unix")) return { socketPath: undefined, path: url.pathname };
  const [socketPath = "", path = "/"] = url.pathname.split(/:(.*)/s);
  if (socketPath === "" || socketPath === "/") throw invalid("it names no unix socket");
  return { socketPath: decoded(socketPath), path: path.startsWith("/") ? path : `/${path}` };
}

function credentialsOf({ username, password }: URL): RestCredentials | undefined {
  if (username === "" && password === "") return undefined;
  return { username: decoded(username), password: decoded(password) };
}

function shownLocation(url: URL): string {
  const shown = new URL(url);
  if (shown.password !== "") shown.password = "***";
  const text = shown.href;
  return `rest:${text.endsWith("/") ? text : `${text}/`}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that encodes nothing stands for itself.
    return text;
  }
}

function invalid(reason: string): TasticError {
  return new TasticError("invalid-argument", `this is no location of a REST server: ${reason}`, {
    guidance: "Write rest:https://host:8000/path/, or rest:http+unix:///path/of.socket:/path/.",
  });
}

/**
 * Where a repository is that SSH's file transfer reaches, in restic's two forms: `sftp:user@host:path`, and
 * `sftp://user@host:port/path`. In both, a path that does not begin with a slash is one of the user's home folder; in
 * the second, the slash after the host is not part of it, so that `sftp://host//srv` is `/srv`.
 */
import { posix } from "node:path";
import { TasticError } from "@tastic/errors";

const GUIDANCE = "Write sftp:user@host:/path, or sftp://user@host:port//path.";

export interface SftpLocation {
  readonly user: string | undefined;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number | undefined;
  /** Without "." and empty parts; relative to the user's home unless it begins with a slash. */
  readonly path: string;
  readonly shown: string;
}

/** @throws TasticError invalid-argument where it is none */
export function parseSftpLocation(text: string): SftpLocation {
  const url = /^sftp:\/\/([^/]*)(?:\/(.*))?$/s.exec(text);
  if (url !== null) return fromUrl(url[1] ?? "", url[2] ?? "");
  const scp = /^sftp:([^:]*):(.*)$/s.exec(text);
  if (scp === null) throw incomplete();
  const [, authority = "", path = ""] = scp;
  const at = authority.lastIndexOf("@");
  const user = at === -1 ? undefined : authority.slice(0, at);
  return checked({ user, host: authority.slice(at + 1), port: undefined, path });
}

function fromUrl(authority: string, path: string): SftpLocation {
  const at = authority.lastIndexOf("@");
  const [, v6, host = v6 ?? "", port] =
    /^(?:\[([^\]]+)\]|([^:[\]]*))(?::([0-9]{1,5}))?$/.exec(authority.slice(at + 1)) ?? [];
  const user = at === -1 ? undefined : decoded(authority.slice(0, at));
  if (user?.includes(":") === true) throw invalid("a password has no place in it");
  return checked({ user, host, port: port === undefined ? undefined : Number(port), path: decoded(path) });
}

function checked({ user, host, port, path }: Omit<SftpLocation, "shown">): SftpLocation {
  if (host === "") throw incomplete();
  if (path === "") throw invalid("no directory specified");
  // ssh would take them for options.
  if (host.startsWith("-") || user?.startsWith("-") === true) throw invalid("a name begins with a dash");
  if (`${user ?? ""}${host}${path}`.includes("\0")) throw invalid("it contains a zero byte");
  if (port !== undefined && (port < 1 || port > 65_535)) throw invalid("there is no such port");
  const clean = posix.normalize(path).replace(/(?<=.)\/$/, "");
  const bracketed = host.includes(":") ? `[${host}]` : host;
  const authority = `${user === undefined ? "" : `${user}@`}${bracketed}`;
  const shown =
    port === undefined && !host.includes(":")
      ? `sftp:${authority}:${clean}`
      : `sftp://${authority}${port === undefined ? "" : `:${port}`}/${clean}`;
  return { user: user === "" ? undefined : user, host, port, path: clean, shown };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that encodes nothing stands for itself.
    return text;
  }
}

/** In restic's words, which programs may know. */
function incomplete(): TasticError {
  return new TasticError("invalid-argument", "sftp: invalid format, hostname or path not found", {
    guidance: GUIDANCE,
  });
}

function invalid(reason: string): TasticError {
  return new TasticError("invalid-argument", `this is no location for SFTP: ${reason}`, {
    guidance: GUIDANCE,
  });
}

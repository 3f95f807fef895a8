/** The flags of `serve webdav` and `serve http`. */
import { DEFAULT_TEMPLATES } from "@tastic/snapshots";
import type { FolderTemplates } from "@tastic/snapshots";
import { choice, list, natural, on, text } from "../flags.js";
import type { FlagValues } from "../flags.js";
import { snapshotFlags } from "../snapshot-flags.js";
import { fatal } from "../text-error.js";

/** Where both listen unless told otherwise. */
export const DEFAULT_ADDRESS = "127.0.0.1:8010";

/** The templates of restic's mount, which `mount` takes as well. */
export const templateFlags = {
  pathTemplate: list("template", "how to name the folders of snapshots (may be repeated)"),
  timeTemplate: text("template", "how to write times", { initial: DEFAULT_TEMPLATES.time }),
};

export const browseFlags = {
  listen: text("address", "listen on host:port, :port or unix:/path; beyond loopback a password is needed", {
    initial: DEFAULT_ADDRESS,
  }),
  user: text("name", "who may log in with the password of --user-password-file", { initial: "tastic" }),
  userPasswordFile: text("file", "ask for the password that this file holds"),
  htpasswdFile: text("file", "ask for names and passwords that `htpasswd -B` wrote to this file"),
  serverName: list(
    "host",
    "on loopback: answer also to this name, as behind a proxy on this machine (may be repeated)",
  ),
  tls: on("speak TLS"),
  tlsCert: text("file", "the certificate", { initial: "" }),
  tlsKey: text("file", "its key", { initial: "" }),
  tlsMinVer: choice("version", "the least version of TLS, 1.2 or 1.3", ["1.2", "1.3"], "1.2", "TLS version"),
  refresh: natural("seconds", "look for new snapshots after so long, when somebody asks", 60),
  grace: natural("seconds", "let running downloads finish for so long when stopped", 30),
  logFormat: choice("format", "how to tell what happens, text or json", ["text", "json"], "text", "format"),
  ...templateFlags,
  ...snapshotFlags,
};

export type BrowseValues = FlagValues<typeof browseFlags>;

/** @throws TasticError invalid-argument, in restic's words */
export function templatesOf({
  pathTemplate,
  timeTemplate,
}: FlagValues<typeof templateFlags>): FolderTemplates {
  if (timeTemplate === "") throw fatal("time template string cannot be empty");
  if (timeTemplate.startsWith("/") || timeTemplate.endsWith("/"))
    throw fatal("time template string cannot start or end with '/'");
  return { paths: pathTemplate.length === 0 ? DEFAULT_TEMPLATES.paths : pathTemplate, time: timeTemplate };
}

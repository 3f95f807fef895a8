/**
 * The table of commands. Each is loaded only when it is called.
 */
import type { Command } from "./command.js";

export interface CommandEntry {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Works, but is not shown. */
  readonly hidden?: boolean;
  load(): Promise<{ readonly command: Command }>;
}

/** By name; a command of a group has two words. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  backup: { summary: "Save files and folders as a new snapshot", load: () => import("./commands/backup.js") },
  cache: { summary: "List and remove local caches", load: () => import("./commands/cache.js") },
  cat: { summary: "Print an object of the repository", load: () => import("./commands/cat.js") },
  check: { summary: "Look for damage in the repository", load: () => import("./commands/check.js") },
  copy: { summary: "Copy snapshots from another repository", load: () => import("./commands/copy.js") },
  diff: { summary: "Show what differs between two snapshots", load: () => import("./commands/diff.js") },
  dump: { summary: "Print a file or folder of a snapshot", load: () => import("./commands/dump.js") },
  features: { summary: "List restic's feature flags", load: () => import("./commands/features.js") },
  find: { summary: "Find files, folders and blobs in snapshots", load: () => import("./commands/find.js") },
  forget: { summary: "Remove snapshots, by policy or by name", load: () => import("./commands/forget.js") },
  generate: { summary: "Write completions and manual pages", load: () => import("./commands/generate.js") },
  init: { summary: "Make a new repository", load: () => import("./commands/init.js") },
  "key add": { summary: "Add a password", load: () => import("./commands/key-add.js") },
  "key list": { summary: "List the keys", load: () => import("./commands/key-list.js") },
  "key passwd": { summary: "Change the password", load: () => import("./commands/key-passwd.js") },
  "key remove": { summary: "Remove a key", load: () => import("./commands/key-remove.js") },
  list: { summary: "List the objects of the repository", load: () => import("./commands/list.js") },
  ls: { summary: "List the files of a snapshot", load: () => import("./commands/ls.js") },
  migrate: {
    summary: "Bring a repository of an older version up to date",
    load: () => import("./commands/migrate.js"),
  },
  mount: { summary: "Say what to do instead of mounting", load: () => import("./commands/mount.js") },
  options: { summary: "List the options of stores (-o)", load: () => import("./commands/options.js") },
  "profile list": { summary: "List the profiles", load: () => import("./commands/profile-list.js") },
  "profile schedule": {
    summary: "Print schedules for cron or systemd",
    load: () => import("./commands/profile-schedule.js"),
  },
  "profile show": { summary: "Show what a profile holds", load: () => import("./commands/profile-show.js") },
  prune: { summary: "Remove data that nothing needs", load: () => import("./commands/prune.js") },
  "rebuild-index": {
    summary: "Older name of repair index",
    hidden: true,
    load: () => import("./commands/rebuild-index.js"),
  },
  recover: {
    summary: "Make a snapshot of what no snapshot leads to",
    load: () => import("./commands/recover.js"),
  },
  "repair index": { summary: "Make the index anew", load: () => import("./commands/repair-index.js") },
  "repair packs": {
    summary: "Save what is whole of damaged packs",
    load: () => import("./commands/repair-packs.js"),
  },
  "repair snapshots": {
    summary: "Make snapshots of what is left of damaged ones",
    load: () => import("./commands/repair-snapshots.js"),
  },
  restore: { summary: "Write a snapshot back to a folder", load: () => import("./commands/restore.js") },
  rewrite: { summary: "Leave files out of snapshots", load: () => import("./commands/rewrite.js") },
  "serve http": {
    summary: "Show snapshots to a browser",
    load: () => import("./commands/serve-http.js"),
  },
  "serve rest": { summary: "Serve repositories over HTTP", load: () => import("./commands/serve-rest.js") },
  "serve webdav": {
    summary: "Show snapshots as folders that can be mounted",
    load: () => import("./commands/serve-webdav.js"),
  },
  snapshots: { summary: "List the snapshots", load: () => import("./commands/snapshots.js") },
  stats: { summary: "Count what snapshots hold", load: () => import("./commands/stats.js") },
  tag: { summary: "Change the tags of snapshots", load: () => import("./commands/tag.js") },
  unlock: { summary: "Remove locks that are no longer in use", load: () => import("./commands/unlock.js") },
  version: { summary: "Print the version", load: () => import("./commands/version.js") },
};

/** Commands that exist only to hold others. */
export const groups: Readonly<Record<string, string>> = {
  key: "Manage the passwords that open the repository",
  profile: "Look at the profiles that -P takes its values from",
  repair: "Repair a damaged repository",
  serve: "Serve repositories, or what snapshots hold, over HTTP",
};

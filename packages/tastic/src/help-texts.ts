/**
 * What the help of a command teaches beside its flags: the calls that people need, and which flags belong together. By
 * name of the command; a flag that no group names stands in the last one.
 */

export interface HelpText {
  /** What to type, without the program, and what it does; the most common first. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** Keys of flags by title. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

const SELECTING = { "Which snapshots": ["host", "tag", "path"] } as const;

export const GLOBAL_GROUPS: Readonly<Record<string, readonly string[]>> = {
  "Repository and password": [
    ...["repo", "repositoryFile", "passwordFile", "passwordCommand", "keyHint", "insecureNoPassword"],
  ],
  Profiles: ["profile", "profilesFile"],
  "What is printed": ["json", "quiet", "verbose", "help"],
  "Storing and locking": ["compression", "packSize", "noExtraVerify", "noLock", "retryLock"],
  Cache: ["cacheDir", "noCache", "cleanupCache"],
};

export const HELP_TEXTS: Readonly<Record<string, HelpText>> = {
  backup: {
    examples: [
      ["backup ~/work", "save a folder as a new snapshot"],
      ["backup --exclude-gitignore --exclude '*.iso' ~", "leave out what you do not need"],
      ["backup --also-to sftp:nas:/backup ~/work", "and copy the snapshot to a second repository"],
      ["backup --dry-run --verbose=2 ~/work", "only say what would be stored"],
      ["backup --stdin-from-command --stdin-filename db.sql pg_dump db", "save what a program prints"],
    ],
    groups: {
      "What is saved": [
        ...["filesFrom", "filesFromRaw", "filesFromVerbatim", "stdin", "stdinFilename", "stdinFromCommand"],
        ...["oneFileSystem", "withAtime"],
      ],
      "What is left out": [
        ...["exclude", "iexclude", "excludeFile", "iexcludeFile", "excludeCaches", "excludeGitignore"],
        ...["excludeIfPresent", "excludeLargerThan"],
      ],
      "The snapshot": ["host", "tag", "time", "parent", "groupBy", "skipIfUnchanged"],
      "What counts as changed": ["force", "ignoreCtime", "ignoreInode"],
      "To several repositories": [
        ...["alsoTo", "alsoToRepositoryFile", "alsoToPasswordFile", "alsoToPasswordCommand", "alsoToKeyHint"],
        "alsoToInsecureNoPassword",
      ],
    },
  },
  cache: { examples: [["cache --cleanup", "remove caches that were not used for long"]] },
  cat: { examples: [["cat snapshot latest", "print a snapshot as it is stored"]] },
  check: {
    examples: [
      ["check", "look whether everything that snapshots need is there"],
      ["check --read-data-subset 10%", "and read a tenth of the data"],
      ["check --read-data", "and read all of it"],
      [
        "check --read-data --repair-from /mnt/usb",
        "and mend what is damaged with what a second repository has",
      ],
    ],
  },
  copy: {
    examples: [
      ["copy --from-repo /mnt/usb", "bring all snapshots over from another repository"],
      ["copy --from-repo /mnt/usb latest", "only the latest"],
    ],
  },
  diff: { examples: [["diff 1a2b3c4d latest", "what changed from one snapshot to the other"]] },
  dump: {
    examples: [
      ["dump latest /etc/hosts", "print a file"],
      ["dump --archive zip --target work.zip latest /home/me/work", "a folder as a zip file"],
    ],
  },
  features: { examples: [["features", "list them"]] },
  find: {
    examples: [
      ["find '*.odt'", "where files of a name are, in all snapshots"],
      ["find --versions ~/work/letter.odt", "all versions of a file, and the snapshots that have them"],
      ["find --newest 2026-01-31 --oldest 2026-01-01 notes", "by time of modification"],
    ],
    groups: {
      ...SELECTING,
      "What is looked for": [
        "ignoreCase",
        "newest",
        "oldest",
        "blob",
        "tree",
        "pack",
        "snapshot",
        "versions",
      ],
    },
  },
  forget: {
    examples: [
      ["forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --prune", "thin out, and free the space"],
      ["forget --dry-run --keep-last 3", "only say what would go, and why the rest stays"],
      ["forget 1a2b3c4d", "remove one snapshot"],
    ],
    groups: {
      "What is kept": [
        ...["keepLast", "keepHourly", "keepDaily", "keepWeekly", "keepMonthly", "keepYearly", "keepWithin"],
        ...["keepWithinHourly", "keepWithinDaily", "keepWithinWeekly", "keepWithinMonthly"],
        ...["keepWithinYearly", "keepTag", "unsafeAllowRemoveAll"],
      ],
      ...SELECTING,
      "How prune works": [
        ...["prune", "maxRepackSize", "maxUnused", "repackCacheableOnly", "repackSmall"],
        ...["repackSmallerThan", "repackUncompressed"],
      ],
    },
  },
  generate: {
    examples: [["generate --bash-completion -", "print the completion for a shell"]],
  },
  init: {
    examples: [
      ["init -r /mnt/usb/backup", "a repository in a folder"],
      ["init -r s3:https://s3.example.com/bucket", "in a bucket"],
      ["init -r /mnt/usb/second --from-repo /mnt/usb/backup --copy-chunker-params", "one to copy to"],
    ],
  },
  "key add": { examples: [["key add", "add a password"]] },
  "key list": { examples: [["key list", "list the keys"]] },
  "key passwd": { examples: [["key passwd", "replace the password that you opened it with"]] },
  "key remove": { examples: [["key remove 1a2b3c4d", "remove one of the keys"]] },
  list: { examples: [["list snapshots", "the ids of all snapshots"]] },
  ls: {
    examples: [
      ["ls latest", "all files of the latest snapshot"],
      ["ls --long latest /home/me/work", "one folder, with owners, sizes and times"],
    ],
  },
  migrate: { examples: [["migrate", "what there is to be done"]] },
  mount: { examples: [["mount /mnt/backup", "what to do instead"]] },
  options: { examples: [["options", "list them"]] },
  "profile list": { examples: [["profile list", "which profiles there are"]] },
  "profile schedule": {
    examples: [
      ["profile schedule home", "lines for crontab -e, of what the profile says is to be done when"],
      ["profile schedule home --systemd", "units for systemd"],
    ],
  },
  "profile show": { examples: [["profile show home", "what the profile holds, without its secrets"]] },
  prune: {
    examples: [
      ["prune", "free what no snapshot needs"],
      ["prune --dry-run", "only say how much that is"],
    ],
    groups: {
      "How much is packed anew": [
        ...["maxRepackSize", "maxUnused", "repackCacheableOnly", "repackSmall", "repackSmallerThan"],
        "repackUncompressed",
      ],
    },
  },
  recover: { examples: [["recover", "make a snapshot of whatever no snapshot leads to"]] },
  "repair index": { examples: [["repair index", "make the index anew from the packs"]] },
  "repair packs": { examples: [["repair packs 0123456789abcdef", "save what is whole of a damaged pack"]] },
  "repair snapshots": {
    examples: [
      ["repair snapshots --dry-run", "say what would be left of damaged snapshots"],
      ["repair snapshots --forget", "replace them by what is left"],
    ],
  },
  restore: {
    examples: [
      ["restore latest --target /tmp/back", "bring back everything of the latest snapshot"],
      ["restore latest:/home/me/work --target ~/work", "one folder, to where it was"],
      ["restore latest --target /tmp/back --include '*.odt'", "only some files"],
      ["restore latest --target / --dry-run --verbose=2", "only say what would be written"],
    ],
    groups: {
      "Where and how": ["target", "overwrite", "delete", "sparse", "verify", "dryRun", "ownershipByName"],
      "What is restored": [
        ...["include", "iinclude", "includeFile", "iincludeFile", "includeXattr"],
        ...["exclude", "iexclude", "excludeFile", "iexcludeFile", "excludeXattr"],
      ],
      ...SELECTING,
    },
  },
  rewrite: {
    examples: [
      ["rewrite --exclude '*.iso' --dry-run", "say which snapshots would lose files"],
      ["rewrite --exclude '*.iso' --forget", "leave them out, and remove the old snapshots"],
    ],
    groups: {
      "What is left out, or kept": [
        ...["exclude", "iexclude", "excludeFile", "iexcludeFile"],
        ...["include", "iinclude", "includeFile", "iincludeFile"],
      ],
      ...SELECTING,
    },
  },
  "serve http": { examples: [["serve http", "browse and download in a browser"]] },
  "serve rest": { examples: [["serve rest --path /srv/backups", "serve what is in a folder"]] },
  "serve webdav": { examples: [["serve webdav", "serve snapshots as a drive"]] },
  snapshots: {
    examples: [
      ["snapshots", "all of them"],
      ["snapshots --latest 1 --host laptop", "the latest of a machine"],
    ],
  },
  stats: {
    examples: [
      ["stats latest", "how much restoring the latest snapshot would write"],
      ["stats --mode raw-data", "how much all of them take in the repository"],
    ],
  },
  tag: { examples: [["tag --add important latest", "add a tag to the latest snapshot"]] },
  unlock: { examples: [["unlock", "remove locks of processes that are gone"]] },
  version: { examples: [["version", "print it"]] },
};

/**
 * The command lines in which tastic says otherwise than restic, on purpose, each with both outputs; what differs in kind,
 * and why, stands for users in `docs/differences.md`. Masks of `cli-side-by-side.ts` aside, which hide what
 * two runs of restic would not agree on either, everything that is compared is the same.
 */
export interface Difference {
  /** A command line that shows it; `REPO` is a repository with one snapshot. */
  readonly line: string;
  /** What restic prints of it, and what we print. */
  readonly restic: RegExp;
  readonly tastic: RegExp;
  readonly reason: string;
  /** Where the exit codes differ, too. */
  readonly codes?: readonly [restic: number, tastic: number];
}

export const DIFFERENCES: readonly Difference[] = [
  {
    line: "version",
    restic: /^restic 0\.19\.1 compiled with go/,
    tastic: /^tastic \S+ \(compatible with restic 0\.19\.1\) node v/,
    reason: "It is another program, and says which one. Called by the name restic, it begins as restic does.",
  },
  {
    line: "ls nosuch -r REPO --no-lock",
    restic: /prefix "nosuch"\n$/,
    tastic: /prefix "nosuch"\n.+\n$/,
    reason: "Errors end with a line of advice, behind all that restic says. Programs look for the beginning.",
  },
  {
    line: "help snapshots",
    restic: /^\nThe "snapshots" command/,
    tastic: /^\nLists all snapshots/,
    reason: "Help is written anew, with a common call and the flags in groups. No program reads it.",
  },
  {
    line: "key nosuch",
    restic: /^\nThe "key" command/,
    tastic: /^\nManage the passwords/,
    reason: "The same help, where a command of a group is missing or unknown.",
  },
  {
    line: "options",
    restic: /^ {2}b2\.connections /m,
    tastic: /^All Extended Options:\n {2}local\.connections /,
    reason: "Only options of stores that tastic opens itself are listed; those of others are still accepted.",
  },
  {
    line: "features",
    restic: /index format used/,
    tastic: /deprecate-legacy-index +stable +true +index files as restic 0\.1\.0 wrote them are not read/,
    reason: "Names and values are restic's, descriptions are ours.",
  },
  {
    line: "-r b2:bucket:path snapshots",
    restic: /B2_ACCOUNT_ID/,
    tastic: /"b2:" is not supported/,
    reason: "Stores that rclone reaches are left to rclone, and the error says how.",
  },
  {
    line: "-r s3:host snapshots",
    restic: /no credentials found/,
    tastic: /it has no bucket/,
    reason: "restic asks for credentials before it sees that there is no bucket.",
  },
  {
    line: "-r REPO snapshots -o local.connections=0",
    restic: /^panic: /,
    tastic: /"0" is no number of connections/,
    reason: "restic crashes.",
    codes: [2, 1],
  },
  {
    line: "-r REPO snapshots -o local.connections=x",
    restic: /^strconv\.ParseUint: parsing "x"/,
    tastic: /option local\.connections: "x" is no number of connections/,
    reason: "The error names the option.",
  },
  {
    line: "-r REPO check --no-lock nosuch",
    restic: /(error: no matching ID found for prefix "nosuch"\n){2}/,
    tastic: /\berror: no matching ID found for prefix "nosuch"\n\nThe repository is damaged\./,
    reason: "Once is enough; what to do about damage is said in our own words.",
  },
  {
    line: "-r REPO rewrite -n --exclude [a",
    restic: /snapshot [0-9a-f]{8} of [^]*unable to rewrite snapshot ID/,
    tastic: /^Fatal: --exclude: invalid pattern\(s\) provided:\n\[a\n/,
    reason:
      "Patterns and their files are read once, before the first snapshot, and refused if there is none, too.",
  },
  {
    line: "-r REPO rewrite -n --new-time bogus",
    restic: /parsing time "bogus" as "2006-01-02 15:04:05"/,
    tastic: /^Fatal: error in time option: "bogus" is not a time\nGive a local time/,
    reason: "A time is refused in words for people, who do not know what 2006 has to do with it.",
  },
  {
    line: "-r REPO backup --exclude-if-present= REPO",
    restic: /name for exclusion tagfile is empty\n(github|main)/,
    tastic: /^name for exclusion tagfile is empty\nGive /,
    reason:
      "restic prints where in its source it gave up; wrong flags are refused before a parent is looked for.",
  },
  {
    line: "-r REPO backup -n --stdin-from-command -- echo x",
    restic: /^using parent snapshot/m,
    tastic: /^no parent snapshot found/m,
    reason:
      "restic takes any snapshot for the parent of what a command prints, and none for a stream; nothing comes of it.",
  },
];

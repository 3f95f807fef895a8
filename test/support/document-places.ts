/**
 * What stands for what when the commands and programs of the documents run in the tests: places and names of the documents,
 * programs that are not here, and what runs elsewhere. All of it is in these tables; whatever is in none of them runs as it is
 * written, and a path that leads out of the scratch folder fails.
 */

/** Where a test of documents happens. */
export interface Scratch {
  /** A folder that is gone after the test. */
  readonly folder: string;
  /** The home folder in it. */
  readonly home: string;
  /** A port of 127.0.0.1 for the server that a document starts, and one for its operator. */
  readonly port: number;
  readonly operatorPort: number;
  /** Of the real S3 server, and names of buckets there that nobody else uses. */
  readonly s3: {
    readonly endpoint: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly bucket: string;
  };
}

/** The password of all repositories and accounts. */
export const documentPassword = "correct horse battery staple";

/** What stands in the documents, and what stands for it here, from the longest on. */
export function placesOf({
  folder,
  home,
  port,
  operatorPort,
  s3,
}: Scratch): readonly (readonly [string, string])[] {
  const host = `127.0.0.1:${port}`;
  return [
    ["s3:https://minio.example:9000/threebotbackup", `s3:http://${s3.endpoint}/${s3.bucket}-1`],
    ["s3:https://minio.example:9000/backups", `s3:http://${s3.endpoint}/${s3.bucket}-2`],
    ["s3:https://ceph.example/backups", `s3:http://${s3.endpoint}/${s3.bucket}-3`],
    ["s3:https://s3.example.com/bucket", `s3:http://${s3.endpoint}/${s3.bucket}-4`],
    [
      "AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…",
      "AWS_ACCESS_KEY_ID=ACCESS-KEY AWS_SECRET_ACCESS_KEY=SECRET-KEY",
    ],
    ["ACCESS-KEY", s3.accessKeyId],
    ["SECRET-KEY", s3.secretAccessKey],
    [
      "rest:http://alice:PASSWORD@server:8000",
      `rest:http://alice:${encodeURIComponent(documentPassword)}@${host}`,
    ],
    ["--operator-listen 10.0.0.1:8001", `--operator-listen 127.0.0.1:${operatorPort}`],
    ["sftp:me@nas:/backup", `${folder}/nas/backup`],
    ["--user-password-file FILE", `--user-password-file ${home}/.backup-password`],
    ["--tls-cert CERT --tls-key KEY", "--tls-cert fullchain.pem --tls-key privkey.pem"],
    ["--path P ", `--path ${folder}/srv/P `],
    ["-r NEW", `-r ${folder}/srv/new`],
    ["--from-repo OLD", `--from-repo ${folder}/srv/backup`],
    ['"127.0.0.1:8000"', '"127.0.0.1:0"'],
    ["/home/me/", `${home}/`],
    ["/home/me", home],
    ["/home", home],
    ["/P/", `${folder}/srv/P/`],
    ["/srv/", `${folder}/srv/`],
    ["/mnt/", `${folder}/mnt/`],
    ["/tmp/", `${folder}/tmp/`],
    ["/etc/tastic/", `${folder}/etc/tastic/`],
  ];
}

/** The text with places of the scratch folder. What was put in is not looked at again, but for the keys. */
export function placed(text: string, scratch: Scratch): string {
  const places = placesOf(scratch);
  const known = new Map(places);
  const escaped = places.map(([place]) => place.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  // A path begins where no other goes on: "/tmp/home/me" has none of ours but "/tmp/".
  const pattern = new RegExp(
    escaped
      .map((one) => (one.startsWith("\\/") || one.startsWith("/") ? `(?<![\\w.~}/-])${one}` : one))
      .join("|"),
    "g",
  );
  const once = (value: string): string => value.replace(pattern, (place) => known.get(place) ?? place);
  return once(text).replace(/ACCESS-KEY|SECRET-KEY/g, (place) => known.get(place) ?? place);
}

/** Programs of others that documents name, as scripts of the shell: what they print is what the commands need of them. */
export const standIns: Readonly<Record<string, string>> = {
  npx: 'exec "$@"',
  pass: `echo '${documentPassword}'`,
  pg_dump: "echo 'a database'",
  curl: "exit 0",
  "notify-send": "exit 0",
};

/** A command that does not run here: how it is recognised, why, and how it is looked at all the same. */
export interface Elsewhere {
  readonly command: RegExp;
  readonly reason: string;
  /** `script`: package.json has it. `flags`: the program knows its flags. `syntax`: the shell can read it. */
  readonly looked: "script" | "flags" | "syntax";
}

export const elsewhere: readonly Elsewhere[] = [
  {
    command: /^npm (?:start|test|run \w+)(?: |$)/,
    reason: "builds and tests this very checkout, and so cannot be part of its tests",
    looked: "script",
  },
  {
    command: /^3bot-backup /,
    reason: "needs servers and a marketplace: packages/threebot/test/{disaster,demo}.test.ts runs them",
    looked: "flags",
  },
  {
    command: /^docker /,
    reason: "there is no Docker where tests run; Ceph stands for MinIO",
    looked: "syntax",
  },
  {
    command: /^curl .*https:\/\/3bot\.example\//s,
    reason: "asks a 3Bot that runs: packages/threebot/test/owner-jobs.test.ts does",
    looked: "syntax",
  },
  { command: /^mc /, reason: "MinIO's own client, for a MinIO that is not here", looked: "syntax" },
];

/** Servers, on `Scratch.port`: one of repositories runs until the next server of the document, or its end. */
export const servers = /^tastic serve (rest|http|webdav)\b(?!.*--(?:account|undelete|scrub)\b)/s;

/** What a document takes for granted. The home folder always has documents, photos, code and work. */
export interface Beginning {
  /** Repositories with a snapshot of ~/documents, by the documents' names. */
  readonly repositories?: readonly string[];
  /** The version of their format; 2 if not given. */
  readonly version?: 1 | 2;
  /** The folder of a server with these repositories, from which a client has deleted their snapshots. */
  readonly deletedAt?: string;
}

export const beginnings: Readonly<Record<string, Beginning>> = {
  "docs/browse.md": { repositories: ["/srv/backup"] },
  "docs/guide/library.md": { repositories: ["/srv/backup"] },
  "docs/guide/moving.md": { repositories: ["/srv/backup"], version: 1 },
  "docs/guide/restore.md": { repositories: ["/srv/backup"] },
  "docs/guide/retention.md": { repositories: ["/srv/backup"] },
  "docs/minio.md": { repositories: ["s3:https://minio.example:9000/threebotbackup"] },
  "docs/operate.md": { repositories: ["/srv/backup"] },
  "docs/profiles.md": { repositories: ["/mnt/usb/backup", "s3:https://s3.example.com/bucket"] },
  "docs/server.md": { repositories: ["/P/alice/laptop"], deletedAt: "/P/" },
};

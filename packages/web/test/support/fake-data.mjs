// What the fake service holds: a 3Bot with a few weeks of snapshots, some of whose names are hostile.

const hour = 3_600_000;
const day = 24 * hour;

/** Names that a page must show as text, each with what it would do otherwise. */
export const hostileNames = [
  "<img src=x onerror=alert(1)>.txt",
  "<script>document.title='owned'</script>",
  '"><svg onload=alert(2)>.toml',
  "{{constructor.constructor('alert(3)')()}}.md",
  "javascript:alert(4)",
  "invoice\u202Efdp.exe",
  "right \u05D0\u05D1\u05D2 to left.txt",
  "bell\u0007 escape\u001B[31mred.log",
  "new\nline.txt",
  "zero\u200Bwidth.txt",
  "half \uD800 surrogate",
  "%2e%2e%2f&path=/etc/passwd?x#y.txt",
  `${"long".repeat(62)}est.bin`,
  "  spaces  ",
];

const id = (seed) => {
  let state = seed * 2654435761;
  let text = "";
  while (text.length < 64) {
    state = (state * 1664525 + 1013904223) >>> 0;
    text += state.toString(16).padStart(8, "0");
  }
  return text.slice(0, 64);
};

export const folderOfMany = "/home/alice/.config/jumpscale/logs";
const paths = ["/home/alice/.config/jumpscale", "/home/alice/.ssh", "/home/alice/code/playground"];

function snapshot(now, number, age, more = {}) {
  const source = 1_420_000_000 + number * 17_300_000;
  const { tags = [], ...rest } = more;
  return {
    id: id(number + 1),
    snapshot: {
      time: new Date(now - age).toISOString(),
      tree: id(number + 500),
      paths,
      hostname: "alice-3bot",
      username: "alice",
      tags,
      programVersion: "tastic 0.1.0",
      summary: {
        backupStart: new Date(now - age).toISOString(),
        backupEnd: new Date(now - age + 41_000).toISOString(),
        filesNew: 12 + number,
        filesChanged: 31,
        filesUnmodified: 18_204,
        dirsNew: 1,
        dirsChanged: 14,
        dirsUnmodified: 2210,
        dataBlobs: 48,
        treeBlobs: 15,
        dataAdded: 38_400_000,
        dataAddedPacked: 12_900_000,
        totalFilesProcessed: 18_247 + number,
        totalBytesProcessed: source,
      },
    },
    copies: ["marketplace-1", "marketplace-2"],
    pinned: false,
    complete: true,
    kept: [],
    ...rest,
  };
}

export function snapshotsOf(now) {
  const daily = Array.from({ length: 24 }, (_, index) => snapshot(now, 40 - index, 3 * hour + index * day));
  const weekly = Array.from({ length: 6 }, (_, index) =>
    snapshot(now, 12 - index, 27 * day + index * 7 * day),
  );
  daily[0].snapshot.tags = ["before-update"];
  daily[2].snapshot.tags = ["<b>bold</b>", "a\u202Eb"];
  daily[4].pinned = true;
  daily[4].snapshot.tags = ["wallets"];
  daily[6].complete = false;
  daily[9].snapshot.hostname = "<i>host</i>\u202E";
  return withReasons([...daily, ...weekly], { last: 1, daily: 14, weekly: 8, monthly: 6, yearly: 2 });
}

/** As the service does it, near enough for a page: the newest of each period. */
export function withReasons(snapshots, retention) {
  const periods = {
    daily: (time) => time.slice(0, 10),
    weekly: (time) => String(Math.floor(new Date(time).getTime() / (7 * day))),
    monthly: (time) => time.slice(0, 7),
    yearly: (time) => time.slice(0, 4),
  };
  const seen = { daily: new Set(), weekly: new Set(), monthly: new Set(), yearly: new Set() };
  return snapshots.map((owned, index) => {
    const kept = index < retention.last ? [`last ${index + 1}`] : [];
    for (const [rule, period] of Object.entries(periods)) {
      const key = period(owned.snapshot.time);
      if (seen[rule].has(key) || seen[rule].size >= retention[rule]) continue;
      seen[rule].add(key);
      kept.push(`${rule} ${seen[rule].size}`);
    }
    return { ...owned, kept };
  });
}

const file = (folder, name, size, age, now, more = {}) => ({
  name,
  path: `${folder === "/" ? "" : folder}/${name}`,
  type: "file",
  size,
  modified: new Date(now - age).toISOString(),
  mode: 0o644,
  ...more,
});
const dir = (folder, name, now) => file(folder, name, undefined, 3 * day, now, { type: "dir", mode: 0o755 });

const small = {
  "/": [["home"], []],
  "/home": [["alice"], []],
  "/home/alice": [[".config", ".ssh", "code"], []],
  "/home/alice/.config": [["jumpscale"], []],
  "/home/alice/.config/jumpscale": [
    ["logs", "packages", "secureconfig", "hostile"],
    [
      ["config.toml", 2_481],
      ["identity.json", 912],
      ["logo.png", 18_220],
      ["notes.txt", 640],
      ["wallets.db", 4_820_112],
      ["current", 14, "symlink"],
    ],
  ],
  "/home/alice/.ssh": [
    [],
    [
      ["authorized_keys", 1_204],
      ["id_ed25519", 411],
      ["id_ed25519.pub", 98],
    ],
  ],
  "/home/alice/code": [["playground"], []],
  "/home/alice/code/playground": [
    [],
    [
      ["hello.py", 122],
      ["README.md", 2_048],
    ],
  ],
  "/home/alice/.config/jumpscale/packages": [[], []],
  "/home/alice/.config/jumpscale/secureconfig": [[], [["key.priv", 64]]],
};

export const manyFiles = 100_000;

export function entriesOf(path, offset, limit, now) {
  const folder = path.length > 1 ? path.replace(/\/+$/, "") : path;
  if (folder === folderOfMany) {
    const count = Math.max(0, Math.min(limit, manyFiles - offset));
    const entries = Array.from({ length: count }, (_, index) =>
      file(folder, `app.${String(offset + index).padStart(6, "0")}.log`, 1200 + index, index * 60_000, now),
    );
    return { total: manyFiles, entries };
  }
  if (folder.endsWith("/hostile")) {
    return {
      total: hostileNames.length,
      entries: hostileNames.map((name) => file(folder, name, 77, day, now)).slice(offset, offset + limit),
    };
  }
  const known = small[folder];
  if (known === undefined) return undefined;
  const entries = [
    ...known[0].map((name) => dir(folder, name, now)),
    ...known[1].map(([name, size, type = "file"]) => file(folder, name, size, 26 * hour, now, { type })),
  ];
  return { total: entries.length, entries: entries.slice(offset, offset + limit) };
}

/** Every file but those of the folder of many. */
export function allFiles(now) {
  return [...Object.keys(small), "/home/alice/.config/jumpscale/hostile"].flatMap((folder) =>
    entriesOf(folder, 0, 1000, now).entries.filter(({ type }) => type !== "dir"),
  );
}

/** A picture of one colour that changes. */
export const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGPgzovHgxhGpYckAgA6VW4BTP1H8QAAAABJRU5ErkJggg==",
  "base64",
);

export function settingsOf() {
  return {
    paths: ["~/.config/jumpscale", "~/.ssh", "~/code/playground"],
    excludes: ["*.log", "~/.config/jumpscale/cache"],
    automatic: { marketplace: true, minio: false },
    everyHours: 24,
    retention: { last: 1, daily: 14, weekly: 8, monthly: 6, yearly: 2 },
    overdueDays: 2,
    drillDays: 7,
    notifications: {
      smtpUrl: "smtps://mail.example:465",
      smtpUser: "alice",
      smtpPasswordSet: true,
      from: "3bot@example.org",
      to: ["alice@example.org"],
      webhook: undefined,
      ping: undefined,
      weeklyReport: true,
    },
  };
}

export function daysOf(now) {
  return Array.from({ length: 30 }, (_, index) => ({
    day: new Date(now - (29 - index) * day).toISOString().slice(0, 10),
    result: index === 17 ? "failed" : index < 3 ? "none" : "good",
  }));
}

export function sizesOf(now) {
  return Array.from({ length: 27 }, (_, index) => ({
    time: new Date(now - (26 - index) * day - 3 * hour).toISOString(),
    source: Math.round(1_420_000_000 + index * 21_000_000 + Math.sin(index) * 16_000_000),
    stored: Math.round(480_000_000 + index * 8_900_000 + Math.sin(index / 2) * 5_000_000),
  }));
}

export function pastRuns(now) {
  const run = (number, kind, age, more = {}) => ({
    id: `run-${String(number).padStart(4, "0")}`,
    kind,
    place: "marketplace",
    by: "schedule",
    started: new Date(now - age).toISOString(),
    ended: new Date(now - age + 74_000).toISOString(),
    state: "done",
    step: "check marketplace-2",
    progress: undefined,
    snapshots: kind === "backup" ? [id(41 - number)] : [],
    problem: undefined,
    unread: false,
    ...more,
  });
  return [
    run(1, "backup", 3 * hour),
    run(2, "drill", 20 * hour, { by: "service" }),
    run(3, "backup", 27 * hour, { by: "owner" }),
    run(4, "backup", 51 * hour, {
      state: "failed",
      unread: true,
      step: "backup marketplace-2",
      snapshots: [],
      problem: {
        code: "storage-failed",
        message: "the second server did not answer for 15 minutes",
        guidance: "It is tried again at the next run. If it stays away, ask the marketplace.",
      },
    }),
    run(5, "restore", 60 * hour, { by: "owner", state: "cancelled" }),
    ...Array.from({ length: 60 }, (_, index) =>
      run(6 + index, "backup", (75 + index * 24) * hour, { snapshots: [] }),
    ),
  ];
}

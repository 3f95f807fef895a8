// What the fake service knows at the beginning of a scene.
import { daysOf, pastRuns, settingsOf, sizesOf, snapshotsOf } from "./fake-data.mjs";

export function createState({ scene = "safe", now = Date.now(), runTime = 1200 }) {
  const hour = 3_600_000;
  const iso = (age) => new Date(now - age).toISOString();
  const copies = ["https://backup1.example/alice/", "https://backup2.example/alice/"].map((url, index) => ({
    id: `marketplace-${index + 1}`,
    place: "marketplace",
    url,
    lastBackup: iso(3 * hour),
    state: "in-step",
    behind: 0,
    proven: iso(20 * hour),
    problem: undefined,
  }));
  const begun = ["begun", "undecided", "hindered"].includes(scene);
  const fresh = scene === "new" || scene === "first" || begun;
  const place = (name, more) => ({
    place: name,
    state: "absent",
    copies: [],
    automatic: false,
    lastBackup: undefined,
    nextBackup: undefined,
    overdue: false,
    running: undefined,
    ...more,
  });
  const ready = {
    state: "ready",
    copies,
    automatic: true,
    lastBackup: iso(3 * hour),
    nextBackup: iso(-21 * hour),
  };
  const state = {
    scene,
    now,
    runTime,
    password: "correct horse battery",
    setupCode: "4711-0815",
    fresh: scene === "first",
    sessions: new Set(scene === "first" ? [] : ["given"]),
    name: fresh ? undefined : "alice",
    places: { marketplace: place("marketplace", fresh ? {} : ready), minio: place("minio", {}) },
    snapshots: fresh ? [] : snapshotsOf(now),
    days: fresh ? [] : daysOf(now),
    sizes: fresh ? [] : sizesOf(now),
    runs: fresh ? [] : pastRuns(now).map((run) => (scene === "safe" ? { ...run, unread: false } : run)),
    settings: settingsOf(),
    tokens: [{ id: "t1", name: "Monitoring <script>", created: iso(200 * hour), used: iso(2 * hour) }],
    deployments: deploymentsOf(now),
    streams: new Set(),
    timers: new Set(),
    held: new Set(),
    /** Streams that were ever opened, and requests that were answered. */
    streamsOpened: 0,
    requests: [],
    defects: [],
    nextRun: 1000,
  };
  if (begun) {
    const empty = copies.map((copy) => ({
      ...copy,
      state: "empty",
      lastBackup: undefined,
      proven: undefined,
    }));
    state.name = "alice";
    state.days = daysOf(now).map(({ day }) => ({ day, result: "none" }));
    state.places.marketplace = place("marketplace", { ...ready, copies: empty, lastBackup: undefined });
    if (scene === "undecided")
      Object.assign(state.places.marketplace, { state: "recovery-undecided", nextBackup: undefined });
    if (scene === "hindered") {
      state.runs = pastRuns(now).filter(({ state: how }) => how === "failed");
      state.days.at(-1).result = "failed";
    }
  }
  if (scene === "trouble") {
    copies[1] = {
      ...copies[1],
      state: "behind",
      behind: 3,
      lastBackup: iso(74 * hour),
      problem: {
        code: "storage-failed",
        message: "the second server did not answer for 15 minutes",
        guidance: "It is tried again at the next run.",
      },
    };
    state.places.minio = place("minio", {
      state: "ready",
      overdue: true,
      lastBackup: iso(200 * hour),
      copies: [
        {
          id: "minio",
          place: "minio",
          url: "s3:https://minio.example:9000/3bot-alice",
          lastBackup: iso(200 * hour),
          state: "unreachable",
          behind: 0,
          proven: undefined,
          problem: {
            code: "access-denied",
            message: "the store refuses the access key",
            guidance: "Look whether it is still valid, and enter it again.",
          },
        },
      ],
    });
  }
  return state;
}

function deploymentsOf(now) {
  const since = new Date(now - 9 * 86_400_000).toISOString();
  return [
    {
      name: "alice",
      state: "running",
      step: "running",
      address: "https://alice.3bot.example/",
      started: since,
    },
    { name: "bob.work", state: "stopped", step: "stopped", started: since },
    {
      name: "old-one",
      state: "destroying",
      step: "waiting",
      started: since,
      undoUntil: new Date(now + 6.5 * 86_400_000).toISOString(),
    },
    {
      name: "broken",
      state: "failed",
      step: "restore",
      started: since,
      problem: {
        code: "storage-failed",
        message: "no server holds its backups",
        guidance: "Look whether the name is right.",
      },
    },
  ];
}

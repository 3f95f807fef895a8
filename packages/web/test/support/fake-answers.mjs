// What the fake service answers to questions.
import { allFiles, hostileNames, snapshotsOf } from "./fake-data.mjs";

export function statusOf(state) {
  const places = Object.values(state.places);
  const set = places.filter((place) => place.state !== "absent");
  const verdict =
    set.length === 0
      ? "new"
      : state.scene === "trouble" || set.every(({ lastBackup }) => lastBackup === undefined)
        ? "attention"
        : "safe";
  return {
    name: state.name,
    verdict,
    places: places.map((place) => ({
      ...place,
      running: state.runs.find((run) => run.place === place.place && run.state === "running"),
    })),
    days: state.days,
    sizes: state.sizes,
    unreadFailures: state.runs.filter(({ unread }) => unread).length,
  };
}

export function findingOf({ url, accessKey, secretKey, password }) {
  const problem = (code, message, guidance) => ({ code, message, guidance });
  if (!URL.canParse(url) || !url.startsWith("https://minio")) {
    return {
      found: "unreachable",
      snapshots: 0,
      problem: problem("storage-failed", `nothing answers at ${url}`, "Check the address and the port."),
    };
  }
  if (accessKey !== "good-key" || secretKey !== "good-secret") {
    return {
      found: "wrong-keys",
      snapshots: 0,
      problem: problem("access-denied", "the store refuses the access key", "Copy both keys again."),
    };
  }
  if (url.includes("existing")) {
    if (password !== "the right password") {
      return {
        found: "wrong-password",
        snapshots: 0,
        problem: problem(
          "wrong-password",
          "no key opens with this password",
          "It is the one that the backups were made with.",
        ),
      };
    }
    return { found: "existing", snapshots: 12, newest: "2026-11-20T09:30:00Z" };
  }
  return { found: "new", snapshots: 0 };
}

export function recoverable(state, { place, ...from }) {
  const right =
    place === "minio"
      ? findingOf(from).found === "existing"
      : from.name === "alice" && from.password === "the right password";
  const snapshots = snapshotsOf(state.now).slice(0, 12);
  const none = {
    found: "wrong-password",
    snapshots: 0,
    problem: {
      code: "wrong-password",
      message: "no key opens with this password",
      guidance: "Check the password.",
    },
  };
  const good = { found: "existing", snapshots: 12, newest: snapshots[0].snapshot.time };
  const gone = {
    found: "unreachable",
    snapshots: 0,
    problem: {
      code: "storage-failed",
      message: "the server does not answer",
      guidance: "The other copy is enough.",
    },
  };
  return {
    place,
    copies: [
      { url: "https://backup1.example/alice/", finding: right ? good : none },
      ...(place === "minio" ? [] : [{ url: "https://backup2.example/alice/", finding: right ? gone : none }]),
    ],
    snapshots: right ? snapshots : [],
    newestComplete: right ? snapshots[0].id : undefined,
  };
}

export function search(state, pattern) {
  const part = pattern.replaceAll("*", "").toLowerCase();
  return allFiles(state.now)
    .filter(({ name }) => name.toLowerCase().includes(part))
    .flatMap(({ path }) => versions(state, path));
}

export function versions(state, path) {
  const entry = allFiles(state.now).find((candidate) => candidate.path === path);
  if (entry === undefined) return [];
  return state.snapshots.slice(0, 6).map(({ id, snapshot }, index) => ({
    snapshot: id,
    time: snapshot.time,
    // Two and two are the same version.
    entry: {
      ...entry,
      size: entry.size + 40 * (2 - Math.floor(index / 2)),
      modified: new Date(state.now - (26 + 48 * Math.floor(index / 2)) * 3_600_000).toISOString(),
    },
  }));
}

export function changes() {
  const kinds = ["added", "changed", "removed"];
  const many = Array.from({ length: 3000 }, (_, index) => ({
    path: `/home/alice/.config/jumpscale/logs/app.${String(index).padStart(6, "0")}.log`,
    change: kinds[index % 7 === 0 ? 2 : index % 3 === 0 ? 1 : 0],
  }));
  return [
    ...hostileNames.map((name, index) => ({ path: `/home/alice/hostile/${name}`, change: kinds[index % 3] })),
    ...many,
  ];
}

export function previewOf({ target, existing }) {
  if (target !== undefined)
    return { create: 18_247, replace: 0, unchanged: 0, kept: 0, bytes: 1_960_000_000, replaced: [] };
  const replace = existing === "keep" ? 0 : 31;
  return {
    create: 12,
    replace,
    unchanged: 18_204,
    kept: existing === "keep" ? 31 : 0,
    bytes: 38_400_000,
    replaced: replace === 0 ? [] : hostileNames.map((name) => `/home/alice/${name}`),
  };
}

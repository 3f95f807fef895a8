/** What the page knows of the service at any time: its status and the runs that go on, kept current by its events. */
import { reactive, ref, shallowRef } from "vue";
import { asApiError, type ApiError } from "../api/api-error.js";
import { followEvents } from "../api/events.js";
import { owner, type Place, type PlaceStatus, type Run, type Status } from "../api/owner.js";

export const status = shallowRef<Status>();
export const statusError = shallowRef<ApiError>();
/** Runs that an event has told of, by id. */
export const runs = reactive(new Map<string, Run>());
/** Grows when the snapshots of a place have changed. */
export const snapshotChanges = reactive<Record<Place, number>>({ marketplace: 0, minio: 0 });
export const connected = ref(true);

let connect: (() => void) | undefined;
let loading: Promise<void> | undefined;
let again = false;

/** Begins to listen, or does so again after a login. */
export function goLive(): void {
  connect ??= followEvents((message) => {
    if (message.type === "open") {
      connected.value = true;
      void refresh();
    } else if (message.type === "lost") {
      connected.value = false;
    } else if (message.type === "refused") {
      // The next request learns why, and leads to a login if that is it.
      void refresh();
      setTimeout(() => connect?.(), 5000);
    } else if (message.event.type === "run") {
      const { run } = message.event;
      const ended = runs.get(run.id)?.state === "running" && run.state !== "running";
      runs.set(run.id, run);
      if (ended) void refresh();
    } else if (message.event.type === "snapshots") {
      snapshotChanges[message.event.place]++;
    } else {
      void refresh();
    }
  });
  connect();
  void refresh();
}

/** Reads the status anew; many calls at once become two requests at most. */
export async function refresh(): Promise<void> {
  if (loading !== undefined) {
    again = true;
    return loading;
  }
  loading = load();
  await loading;
}

async function load(): Promise<void> {
  do {
    again = false;
    try {
      const next = await owner.status();
      for (const { running } of next.places) if (running !== undefined) remember(running);
      status.value = next;
      statusError.value = undefined;
    } catch (error) {
      statusError.value = asApiError(error);
    }
  } while (again);
  loading = undefined;
}

/** Takes note of a run that a request answered with, unless an event was quicker. */
export function remember(run: Run): Run {
  const known = runs.get(run.id);
  if (known === undefined || known.state === "running") runs.set(run.id, run);
  return run;
}

/** Takes note of how a place stands now, which a change of it answered with. */
export function takePlace(changed: PlaceStatus): void {
  if (status.value === undefined) return;
  const places = status.value.places.map((place) => (place.place === changed.place ? changed : place));
  status.value = { ...status.value, places };
}

/** The run of a place that goes on. */
export function runningAt(place: Place): Run | undefined {
  const told = [...runs.values()].find((run) => run.place === place && run.state === "running");
  if (told !== undefined) return told;
  const { running } = status.value?.places.find((candidate) => candidate.place === place) ?? {};
  return running !== undefined && !runs.has(running.id) ? running : undefined;
}

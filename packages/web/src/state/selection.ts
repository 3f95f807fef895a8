/** Files and folders of one snapshot that were chosen to be restored. */
import { computed, reactive } from "vue";
import type { Place } from "../api/owner.js";

const chosen = reactive<{ place: Place | undefined; snapshot: string | undefined; paths: Set<string> }>({
  place: undefined,
  snapshot: undefined,
  paths: new Set(),
});

export const chosenCount = computed(() => chosen.paths.size);

export function isChosen(place: Place, snapshot: string, path: string): boolean {
  return chosen.place === place && chosen.snapshot === snapshot && chosen.paths.has(path);
}

/** What was chosen in another snapshot is given up. */
export function choose(place: Place, snapshot: string, path: string, on: boolean): void {
  if (chosen.place !== place || chosen.snapshot !== snapshot) {
    Object.assign(chosen, { place, snapshot, paths: new Set<string>() });
  }
  if (on) chosen.paths.add(path);
  else chosen.paths.delete(path);
}

export function chosenIn(place: Place | undefined, snapshot: string | undefined): string[] {
  return chosen.place === place && chosen.snapshot === snapshot ? [...chosen.paths] : [];
}

export function chooseNone(): void {
  chosen.paths.clear();
}

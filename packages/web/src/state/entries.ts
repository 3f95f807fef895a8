/** A folder of a snapshot, read in pieces as its rows come into view. */
import { ref, shallowReactive, shallowRef, watch } from "vue";
import { asApiError, type ApiError } from "../api/api-error.js";
import { owner, type Entry, type Place } from "../api/owner.js";

const pieceLength = 500;

export interface Entries {
  readonly total: { readonly value: number | undefined };
  readonly error: { readonly value: ApiError | undefined };
  /** Undefined while it is on its way; asking for it is what brings it. */
  at(index: number): Entry | undefined;
  reload(): void;
}

export function useEntries(place: Place, id: string, path: () => string): Entries {
  const total = ref<number>();
  const error = shallowRef<ApiError>();
  let pieces = shallowReactive(new Map<number, readonly Entry[]>());
  const asked = new Set<number>();
  let generation = 0;

  const load = async (piece: number): Promise<void> => {
    if (asked.has(piece)) return;
    asked.add(piece);
    const mine = generation;
    try {
      const answer = await owner.entries(place, id, path(), piece * pieceLength, pieceLength);
      if (mine !== generation) return;
      pieces.set(piece, answer.entries);
      total.value = answer.total;
      error.value = undefined;
    } catch (thrown) {
      if (mine !== generation) return;
      asked.delete(piece);
      error.value = asApiError(thrown);
    }
  };
  const reload = (): void => {
    generation++;
    asked.clear();
    pieces = shallowReactive(new Map());
    total.value = undefined;
    error.value = undefined;
    void load(0);
  };
  watch(path, reload, { immediate: true });
  return {
    total,
    error,
    reload,
    at(index) {
      const piece = Math.floor(index / pieceLength);
      const entries = pieces.get(piece);
      if (entries === undefined) void load(piece);
      return entries?.[index % pieceLength];
    },
  };
}

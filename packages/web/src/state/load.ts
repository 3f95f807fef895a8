/** Something that is read from the service, with what can go wrong. */
import { shallowRef, watch, type ShallowRef, type WatchSource } from "vue";
import { asApiError, type ApiError } from "../api/api-error.js";

export interface Loaded<T> {
  readonly data: ShallowRef<T | undefined>;
  readonly error: ShallowRef<ApiError | undefined>;
  readonly loading: ShallowRef<boolean>;
  reload(): Promise<void>;
}

/** Reads at once, and again whenever one of `sources` changes. Only the newest answer counts. */
export function useLoaded<T>(
  read: () => Promise<T> | undefined,
  sources: readonly WatchSource[] = [],
): Loaded<T> {
  const data = shallowRef<T>();
  const error = shallowRef<ApiError>();
  const loading = shallowRef(false);
  let newest = 0;
  const reload = async (): Promise<void> => {
    const mine = ++newest;
    const reading = read();
    if (reading === undefined) {
      data.value = undefined;
      return;
    }
    loading.value = true;
    try {
      const value = await reading;
      if (mine !== newest) return;
      data.value = value;
      error.value = undefined;
    } catch (thrown) {
      if (mine === newest) error.value = asApiError(thrown);
    } finally {
      if (mine === newest) loading.value = false;
    }
  };
  watch([...sources], () => void reload(), { immediate: true });
  return { data, error, loading, reload };
}

export interface Action<Arguments extends unknown[]> {
  readonly busy: ShallowRef<boolean>;
  readonly error: ShallowRef<ApiError | undefined>;
  /** @returns whether it went well. */
  run(...values: Arguments): Promise<boolean>;
}

/** Something that a button does: once at a time. */
export function useAction<Arguments extends unknown[]>(
  act: (...values: Arguments) => Promise<unknown>,
): Action<Arguments> {
  const busy = shallowRef(false);
  const error = shallowRef<ApiError>();
  const run = async (...values: Arguments): Promise<boolean> => {
    if (busy.value) return false;
    busy.value = true;
    error.value = undefined;
    try {
      await act(...values);
      return true;
    } catch (thrown) {
      error.value = asApiError(thrown);
      return false;
    } finally {
      busy.value = false;
    }
  };
  return { busy, error, run };
}

/** The deployments, read anew while one of them is on its way. */
import { onScopeDispose, watch } from "vue";
import { deployer, type Deployment } from "../api/deployer.js";
import { useLoaded, type Loaded } from "../state/load.js";

const pause = 2000;

export function useDeployments(): Loaded<Deployment[]> {
  const loaded = useLoaded(async () => (await deployer.list()).deployments);
  again(loaded, (list) => list.some(isMoving));
  return loaded;
}

export function useDeployment(name: string): Loaded<Deployment> {
  const loaded = useLoaded(() => deployer.one(name));
  again(loaded, isMoving);
  return loaded;
}

function isMoving({ state }: Deployment): boolean {
  return state === "starting";
}

function again<T>(loaded: Loaded<T>, wanted: (value: T) => boolean): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch([loaded.data, loaded.error], ([value, error]) => {
    clearTimeout(timer);
    if (error !== undefined || (value !== undefined && wanted(value))) {
      timer = setTimeout(() => void loaded.reload(), pause);
    }
  });
  onScopeDispose(() => clearTimeout(timer));
}

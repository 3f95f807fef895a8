/** The deployments, read anew: often while one of them is on its way, else now and then while somebody looks. */
import { onScopeDispose, watch } from "vue";
import { deployer, type Deployment } from "../api/deployer.js";
import { useLoaded, type Loaded } from "../state/load.js";
import { isSomebodyThere } from "../state/presence.js";

const soon = 2000;
const later = 10_000;

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

function again<T>(loaded: Loaded<T>, moves: (value: T) => boolean): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const arm = (): void => {
    const { value } = loaded.data;
    const isMoved = loaded.error.value !== undefined || (value !== undefined && moves(value));
    clearTimeout(timer);
    timer = setTimeout(
      () => (isMoved || isSomebodyThere() ? void loaded.reload() : arm()),
      isMoved ? soon : later,
    );
  };
  watch([loaded.data, loaded.error], arm);
  onScopeDispose(() => clearTimeout(timer));
}

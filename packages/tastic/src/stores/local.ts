/** Repositories in folders of this machine. */
import { createLocalStorage, extendedOptionsOf, parseConnections } from "@tastic/storage";
import type { OpenStore } from "./store.js";

export const openStore: OpenStore = ({ location, extended }) => {
  const { connections } = extendedOptionsOf("local", ["connections"], extended);
  const path = location.startsWith("local:") ? location.slice("local:".length) : location;
  return createLocalStorage(
    path,
    connections === undefined ? {} : { connections: parseConnections("local.connections", connections) },
  );
};

export { createRestServer, defaultPolicy, type RestServer, type RestServerOptions } from "./server.js";
export { listen, type ListenOptions, type Listening, type Timeouts } from "./listen.js";
export { TlsFiles, type TlsFilesOptions } from "./tls.js";
export { createLocalRepositories, type LocalRepositoriesOptions } from "./stores/local-repositories.js";
export type {
  ObjectFacts,
  ObjectReader,
  ObjectStore,
  ObjectWriter,
  Repositories,
  Trash,
  TrashedObject,
} from "./stores/object-store.js";
export { createJsonLog, createTextLog, silentLog, type Log } from "./operations/log.js";

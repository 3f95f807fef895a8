export { parseName, type ThreebotName } from "./identity/names.js";
export { deriveCredentials, sharedCredentials, type Credentials } from "./identity/credentials.js";
export type * from "./owner/service.js";
export { Access, type AccessOptions, type Caller } from "./owner-api/access.js";
export { allOwnerRoutes, createOwnerApp, type OwnerAppOptions } from "./owner-api/owner-app.js";
export type { OwnerRoutesOptions } from "./owner-api/owner-route.js";
export {
  createClient,
  type Client,
  type ClientOptions,
  type RemoteOwner,
  type SessionInfo,
  type SessionState,
  type TokenInfo,
} from "./owner-api/client.js";

export { parseName, type ThreebotName } from "./identity/names.js";
export { deriveCredentials, sharedCredentials, type Credentials } from "./identity/credentials.js";
export { createOwnerService, type OwnerOptions } from "./owner/owner.js";
export type * from "./owner/service.js";
export { wallClock } from "./schedule/wall-clock.js";

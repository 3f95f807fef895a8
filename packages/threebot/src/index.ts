export { parseName, type ThreebotName } from "./identity/names.js";
export { deriveCredentials, sharedCredentials, type Credentials } from "./identity/credentials.js";
export type * from "./owner/service.js";

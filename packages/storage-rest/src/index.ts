export { createRestStorage, type RestStorageOptions } from "./create-rest-storage.js";
export { parseRestLocation, type RestCredentials, type RestLocation } from "./rest-location.js";
export { restOptionsFrom, type RestOptionsFromSettings, type RestSettings } from "./rest-options.js";

export { createRestStorage, type RestStorageOptions } from "./create-rest-storage.js";
export { parseRestLocation, type RestCredentials, type RestLocation } from "./rest-location.js";
export { restOptionsFrom, type RestOptionsFromSettings, type RestSettings } from "./rest-options.js";
export { createRcloneStorage, type RcloneStorageOptions } from "./create-rclone-storage.js";
export { parseRcloneLocation, type RcloneLocation } from "./rclone-location.js";
export { rcloneOptionsFrom, type RcloneOptionsFromSettings } from "./rclone-options.js";

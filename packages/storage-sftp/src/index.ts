export { createSftpStorage, type SftpStorageOptions } from "./create-sftp-storage.js";
export { parseSftpLocation, type SftpLocation } from "./sftp-location.js";
export { sftpOptionsFrom, type SftpOptionsFromSettings } from "./sftp-options.js";

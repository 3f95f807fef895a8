/** Repositories on machines that the user's own ssh reaches. */
import { createSftpStorage, parseSftpLocation, sftpOptionsFrom } from "@tastic/storage-sftp";
import type { OpenStore } from "./store.js";
import { parseWith } from "./parse-with.js";

export const openStore: OpenStore = ({ location, extended, onLine }) =>
  createSftpStorage({
    ...sftpOptionsFrom({ extended }),
    location: parseWith(parseSftpLocation, location),
    onLine: (line) => onLine(`subprocess ssh: ${line}`),
  });

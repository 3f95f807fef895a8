/** Repositories that the user's own rclone reaches. */
import { createRcloneStorage, parseRcloneLocation, rcloneOptionsFrom } from "@tastic/storage-rest";
import type { OpenStore } from "./store.js";
import { parseWith } from "./parse-with.js";

export const openStore: OpenStore = ({ location, extended, onLine }) =>
  createRcloneStorage({
    ...rcloneOptionsFrom({ extended }),
    location: parseWith(parseRcloneLocation, location),
    onLine: (line) => onLine(`rclone: ${line}`),
  });

/**
 * `--one-file-system`: what lies on another file system than the target it was reached from is left out. A folder that
 * something is mounted on stays, empty (restic's manual, "Excluding Files").
 */
import { posix } from "node:path";
import { statusOf } from "../backup/source-files.js";

export interface DeviceRule {
  excludes(item: { readonly path: string; readonly type: string; readonly deviceId: bigint }): boolean;
}

/**
 * @param targets absolute paths that exist
 * @throws the system's error if a target's status cannot be read
 */
export function createDeviceRule(targets: readonly string[]): DeviceRule {
  const devices = new Map(targets.map((target) => [posix.resolve(target), statusOf(target).dev]));

  /** The device of the nearest target above or at a path. */
  const deviceOf = (path: string): bigint | undefined => {
    for (let folder = path; ; folder = posix.dirname(folder)) {
      const device = devices.get(folder);
      if (device !== undefined || folder === posix.dirname(folder)) return device;
    }
  };

  // Neighbours share their folder, and nothing below a target is asked for twice.
  let lastFolder: string | undefined;
  let lastDevice: bigint | undefined;
  const deviceOfFolder = (folder: string): bigint | undefined => {
    if (folder !== lastFolder) [lastFolder, lastDevice] = [folder, deviceOf(folder)];
    return lastDevice;
  };

  const isMountPoint = (path: string): boolean => {
    const folder = posix.dirname(path);
    try {
      return statusOf(folder).dev === deviceOfFolder(folder);
    } catch {
      // The folder has gone, or is hidden from us: what is in it cannot be backed up either.
      return false;
    }
  };

  return {
    excludes({ path, type, deviceId }) {
      if (deviceId === (devices.get(path) ?? deviceOfFolder(posix.dirname(path)))) return false;
      return type !== "dir" || !isMountPoint(path);
    },
  };
}

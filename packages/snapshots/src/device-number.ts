/**
 * Device numbers of Linux: the bits of `st_rdev` as major and minor number (glibc, `gnu_dev_major`).
 */

export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

export function splitDeviceNumber(device: bigint): DeviceNumber {
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  };
}

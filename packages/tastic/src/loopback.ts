/** Addresses that only this machine reaches. */

/** Is this one, as `--listen` takes it: host:port or unix:/path? */
export function isLoopback(address: string): boolean {
  return /^(?:unix:|localhost:|127\.\d+\.\d+\.\d+:|\[::1\]:)/.test(address);
}

export { calibrateScrypt, type CalibrationOptions } from "./calibrate-scrypt.js";
export { deriveKey } from "./derive-key.js";
export { generateMasterKey, type MasterKey } from "./master-key.js";
export { nodeCrypto } from "./node-crypto.js";
export { poly1305 } from "./poly1305.js";
export type { CryptoProvider, IncrementalHash } from "./provider.js";
export { checkScryptParams, type ScryptParams } from "./scrypt-params.js";
export { NONCE_SIZE, SEAL_OVERHEAD, TAG_SIZE, type Sealer } from "./sealer.js";
export { releaseMemory } from "./release-memory.js";

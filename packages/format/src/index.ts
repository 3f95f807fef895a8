/** Every byte layout of a restic repository, without any I/O. */
export {
  ID_LENGTH,
  idFromBytes,
  idToBytes,
  isId,
  parseId,
  readId,
  shortId,
  type BlobId,
  type Id,
  type IndexId,
  type KeyId,
  type LockId,
  type PackId,
  type SnapshotId,
} from "./ids.js";
export { compareNames, decodeName, encodeName, hasInvalidBytes, toWellFormed } from "./names.js";
export { quoteName, unquoteName } from "./quoted-name.js";
export { isPrintable } from "./printable.js";
export { compactJson, jsonString, jsonStrings } from "./go-json.js";
export { formatTime, looksLikeTime, offsetOf, parseTime } from "./go-time.js";
export { forgetLocalOffsets, localOffset } from "./local-offset.js";
export { dateFromDays, daysFromDate, daysInMonth, SECONDS_PER_DAY, type CalendarDate } from "./calendar.js";
export { decodeConfig, encodeConfig, type RepositoryConfig, type RepositoryVersion } from "./config.js";
export { decodeKeyFile, decodeMasterKey, encodeKeyFile, encodeMasterKey, type KeyFile } from "./key-file.js";
export {
  COMPRESSED_ENTRY_LENGTH,
  decodePackHeader,
  encodePackHeader,
  HEADER_LENGTH_SIZE,
  MAX_HEADER_ENTRIES,
  MAX_HEADER_LENGTH,
  MIN_PACK_SIZE,
  PackHeaderBuilder,
  PLAIN_ENTRY_LENGTH,
  readHeaderLength,
  SEALING_OVERHEAD,
  type BlobType,
  type PackEntry,
} from "./pack.js";
export { encodeIndex, IndexEncoder, type IndexPack } from "./index-encoder.js";
export { decodeIndex, type IndexVisitor } from "./index-decoder.js";
export {
  fileModeFromStat,
  fileModeToUnix,
  formatFileMode,
  MODE_CHAR_DEVICE,
  MODE_DEVICE,
  MODE_DIR,
  MODE_IRREGULAR,
  MODE_NAMED_PIPE,
  MODE_PERMISSIONS,
  MODE_SETGID,
  MODE_SETUID,
  MODE_SOCKET,
  MODE_STICKY,
  MODE_SYMLINK,
  nodeTypeOfMode,
  type NodeType,
} from "./file-mode.js";
export type { ExtendedAttribute, Node } from "./node.js";
export { decodeNode } from "./node-decoder.js";
export { encodeNode, encodeNodeEnd, encodeNodeStart, type NodeEnd } from "./node-encoder.js";
export { TreeTable } from "./tree-table.js";
export { formatLayout } from "./go-layout.js";
export { decodeTree, iterateNodeTexts, iterateTree, TreeEncoder } from "./tree.js";
export { decodeSnapshot, encodeSnapshot, type Snapshot } from "./snapshot.js";
export type { SnapshotSummary } from "./snapshot-summary.js";
export { decodeLock, encodeLock, type Lock } from "./lock.js";
export {
  COMPRESSION_MODES,
  compressionLevel,
  parseCompressionMode,
  type CompressionMode,
} from "./compression-mode.js";
export { decodeUnpacked, encodeUnpacked, holdsJson } from "./unpacked.js";

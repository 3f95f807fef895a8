/** What the system says of an error: "no such file or directory". */
import { messageOf, systemErrorCode } from "@tastic/errors";

export function systemErrorText(error: unknown): string {
  if (systemErrorCode(error) === undefined) return messageOf(error);
  // Node writes "ENOENT: no such file or directory, open '/x'".
  return /^[A-Z0-9_]+: (.*?)(?:, \w+(?: '.*)?)?$/s.exec(messageOf(error))?.[1] ?? messageOf(error);
}

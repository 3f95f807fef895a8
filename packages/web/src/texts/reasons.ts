/** Why a snapshot is kept, in the language of the page: of "daily 3" the third day. */
import type { OwnedSnapshot } from "../api/owner.js";
import { texts } from "./texts.js";

export function reasonsOf({ kept }: OwnedSnapshot): string[] {
  return kept.map((reason) => {
    const [word = "", ...rest] = reason.split(" ");
    return [texts.value.snapshots.reason[word] ?? word, ...rest].join("\u00a0");
  });
}

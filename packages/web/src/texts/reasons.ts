/** Why a snapshot is kept, in the language of the page. The service says "daily 3" of the third day. */
import type { OwnedSnapshot } from "../api/owner.js";
import { texts } from "./texts.js";

/** With the numbers, for those who look at what the rules do: "day 3". */
export function reasonsOf({ kept }: OwnedSnapshot): string[] {
  return kept.map((reason) => {
    const [word = "", ...rest] = reason.split(" ");
    return [texts.value.snapshots.reason[word] ?? word, ...rest].join("\u00a0");
  });
}

/** In a sentence, without that it is pinned, which is shown apart: "the day's, the week's". */
export function reasonsInFull({ kept }: OwnedSnapshot): string {
  return kept
    .map((reason) => reason.split(" ")[0] ?? "")
    .filter((word) => word !== "pinned")
    .map((word) => texts.value.snapshots.reasonInFull[word] ?? word)
    .join(", ");
}

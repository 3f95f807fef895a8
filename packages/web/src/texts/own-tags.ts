/** The tags of a snapshot that its owner gave it. The service marks with tags, too, which the page shows in words. */
import type { OwnedSnapshot } from "../api/owner.js";

const marks = /^(?:pinned|incomplete|\d{10})$/;

export function ownTags({ snapshot }: OwnedSnapshot): string[] {
  return (snapshot.tags ?? []).filter((tag) => !marks.test(tag));
}

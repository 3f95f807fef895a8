/** The tags of a snapshot that its owner gave it. The service marks with tags, too, which the page shows in words. */
import type { OwnedSnapshot } from "../api/owner.js";

const marks = /^(?:pinned|incomplete|safety|\d{10})$/;

/** Was it made before a restore wrote over what was there? */
export function isSafety({ snapshot }: OwnedSnapshot): boolean {
  return snapshot.tags?.includes("safety") === true;
}

export function ownTags({ snapshot }: OwnedSnapshot): string[] {
  return (snapshot.tags ?? []).filter((tag) => !marks.test(tag));
}

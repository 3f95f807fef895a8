/** Paths inside a snapshot: always with `/`, always absolute. */

/** The folder that holds all of the paths. */
export function commonFolder(paths: readonly string[]): string {
  const [first, ...others] = paths.map((path) => path.split("/").slice(0, -1));
  if (first === undefined) return "/";
  let length = first.length;
  for (const other of others) {
    let same = 0;
    while (same < length && first[same] === other[same]) same++;
    length = same;
  }
  return first.slice(0, length).join("/") || "/";
}

/** The folders from the root to `path`: for "/a/b" "/", "/a", "/a/b". */
export function trail(path: string): { readonly name: string; readonly path: string }[] {
  const names = path.split("/").filter((name) => name !== "");
  return names.map((name, index) => ({ name, path: `/${names.slice(0, index + 1).join("/")}` }));
}

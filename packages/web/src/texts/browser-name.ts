/** What a browser calls itself is long and says it is all others, too; of it, which one and on what. */

const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:Headless)?Chrome\/|\bCriOS\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, "Android"],
  [/\b(?:iPhone|iPad)\b/, "iOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

/** "Firefox, Linux"; what is not known stays as it is. */
export function browserName(agent: string): string {
  const name = ([known]: readonly [RegExp, string]): boolean => known.test(agent);
  const found = [browsers.find(name)?.[1], systems.find(name)?.[1]].filter((part) => part !== undefined);
  return found.length === 0 ? agent : found.join(", ");
}

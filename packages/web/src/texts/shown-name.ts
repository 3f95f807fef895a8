/**
 * Names of files, tags and hosts are whatever somebody once chose. What cannot be seen, or would turn the text around it,
 * becomes a sign that can be seen; the rest stays.
 */

// Control characters, marks of direction, what has no width, and halves of characters.
// oxlint-disable-next-line no-control-regex
const hidden =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

export function shownName(name: string): string {
  return name.replace(hidden, (sign) => {
    const code = sign.charCodeAt(0);
    // Unicode has pictures of the first control characters.
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `\u27e8${code.toString(16).padStart(4, "0")}\u27e9`;
  });
}

/**
 * Names of files, tags and hosts are whatever somebody once chose. What cannot be seen, or would turn the text around it,
 * becomes a sign that can be seen; the rest stays.
 */

// Control characters, marks of direction, halves of characters, what has no width or an odd one.
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u2000-\u200a\u202f\u205f\u3164\uffa0]/gu;

export function shownName(name: string): string {
  return name.replace(hidden, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    // Unicode has pictures of control characters, but many fonts do not.
    return `\u27e8${code.toString(16).padStart(4, "0")}\u27e9`;
  });
}

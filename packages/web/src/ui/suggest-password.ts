/** A password that nobody guesses and that can be copied from paper: five groups of four, 97 bits. */

/** Without letters and digits that look alike. */
const letters = "abcdefghjkmnpqrstuvwxyz23456789";

export function suggestPassword(): string {
  const signs: string[] = [];
  while (signs.length < 20) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      // What is over a multiple of their number would make some more likely than others.
      if (byte < 256 - (256 % letters.length) && signs.length < 20)
        signs.push(letters.charAt(byte % letters.length));
    }
  }
  return [0, 4, 8, 12, 16].map((begin) => signs.slice(begin, begin + 4).join("")).join("-");
}

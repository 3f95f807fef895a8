/** Why a text is no id, as restic words it. */
export function idProblem(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length !== 64) return `invalid length for ID: ${JSON.stringify(text)}`;
  const wrong = [...bytes].find((byte) => !/[0-9a-f]/i.test(String.fromCharCode(byte)));
  if (wrong === undefined) return `not in small letters: ${JSON.stringify(text)}`;
  // Go shows the byte as if it were a character.
  const code = wrong.toString(16).toUpperCase().padStart(4, "0");
  return `invalid ID: encoding/hex: invalid byte: U+${code} '${String.fromCharCode(wrong)}'`;
}

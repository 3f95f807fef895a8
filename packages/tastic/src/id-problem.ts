/** Why a text is no id, as restic words it. */
export function idProblem(text: string): string {
  const reason = text.length === 64 ? "not hexadecimal" : "invalid length for ID";
  return `${reason}: ${JSON.stringify(text)}`;
}

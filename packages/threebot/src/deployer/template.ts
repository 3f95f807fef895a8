/** Command lines with {placeholders}. There is no shell: what is filled in is one argument, or a part of one, whatever is in it. */
import { TasticError } from "@tastic/errors";

/** @throws TasticError invalid-argument for a placeholder that there is not */
export function fillTemplate(
  template: readonly string[],
  values: Readonly<Record<string, string>>,
): readonly string[] {
  return template.map((part) =>
    part.replace(/\{(\w+)\}/g, (whole, key: string) => {
      const value = Object.hasOwn(values, key) ? values[key] : undefined;
      if (value !== undefined) return value;
      throw new TasticError("invalid-argument", `nothing is filled in for ${whole} in a command`, {
        guidance: `There are: ${Object.keys(values).join(", ")}.`,
      });
    }),
  );
}

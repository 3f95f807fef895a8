/** The arguments of the shell's methods: which kinds there are, and how one is read. */
import * as v from "valibot";
import { ShellError } from "./shell-error.js";
import { ShellMethod, valueOf, type Value } from "./value.js";

export type Given = ReadonlyMap<string, Value>;

/** One text, or a list of them. */
export const texts = v.nullish(
  v.union([
    v.pipe(
      v.string(),
      v.transform((one) => [one]),
    ),
    v.array(v.string()),
  ]),
);
export const text = v.nullish(v.string());
export const name = v.string();
export const folder = v.pipe(v.string(), v.nonEmpty());
export const truth = v.nullish(v.boolean());
export const whole = v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0)));

/** @throws ShellError TypeError */
export function argument<Schema extends v.GenericSchema>(
  given: Given,
  called: string,
  schema: Schema,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, given.get(called));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ShellError(
    "TypeError",
    `argument '${called}' is not valid: ${issue.expected ?? "another value"} was expected`,
  );
}

/** A method whose result is what JSON has. */
export function method(
  called: string,
  parameters: readonly string[],
  call: (given: Given) => Promise<unknown>,
): ShellMethod {
  return new ShellMethod(called, parameters, async (given) => valueOf(await call(given)));
}

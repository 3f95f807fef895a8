/** An error of what was typed, by the name that Python gives it. */
export class ShellError extends Error {
  readonly kind: "SyntaxError" | "NameError" | "TypeError" | "ValueError" | "AttributeError" | "LookupError";

  constructor(kind: ShellError["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

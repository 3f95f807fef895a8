/** What expressions of the shell stand for, and how Python writes it. */

/** A thing with members, such as `j.tools` or a repository. */
export class ShellObject {
  readonly title: string;
  readonly members: ReadonlyMap<string, Value>;

  constructor(title: string, members: Readonly<Record<string, Value>>) {
    this.title = title;
    this.members = new Map(Object.entries(members));
  }
}

/** Something that can be called. */
export class ShellMethod {
  readonly name: string;
  /** In their order; those that have to be given end in "!". */
  readonly parameters: readonly string[];
  readonly call: (given: ReadonlyMap<string, Value>) => Promise<Value>;

  constructor(
    name: string,
    parameters: readonly string[],
    call: (given: ReadonlyMap<string, Value>) => Promise<Value>,
  ) {
    this.name = name;
    this.parameters = parameters;
    this.call = call;
  }
}

export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | ShellObject
  | ShellMethod;

/** A value of what JSON has; what is undefined is left out. */
export function valueOf(json: unknown): Value {
  if (json === null || json === undefined) return null;
  if (typeof json === "boolean" || typeof json === "number" || typeof json === "string") return json;
  if (Array.isArray(json)) return json.map(valueOf);
  return new Map(
    Object.entries(json).flatMap(([name, value]: [string, unknown]): [string, Value][] =>
      value === undefined ? [] : [[name, valueOf(value)]],
    ),
  );
}

/** As Python's `repr` writes it: nothing of a name gets to the terminal but letters that can be seen. */
export function pythonText(value: Value): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return quoted(value);
  if (value instanceof ShellObject) return `<${value.title}>`;
  if (value instanceof ShellMethod) return `<method ${value.name}>`;
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<string, Value>)];
    return `{${entries.map(([name, one]) => `${quoted(name)}: ${pythonText(one)}`).join(", ")}}`;
  }
  return `[${(value as readonly Value[]).map(pythonText).join(", ")}]`;
}

/** A message as it may be shown at a terminal: line ends stay, what else cannot be seen is written out. */
export function visibleText(text: string): string {
  return text.replace(/(?!\n)\p{C}|[\p{Zl}\p{Zp}]/gu, (sign) => escaped(sign.codePointAt(0) ?? 0));
}

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}|['"]/gu, (sign) => {
    if (sign === "'" || sign === '"') return sign === mark ? `\\${sign}` : sign;
    return short[sign] ?? escaped(sign.codePointAt(0) ?? 0);
  });
  return mark + inner + mark;
}

function escaped(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

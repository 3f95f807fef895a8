/** A session at the prompt: names that were given, and lines that are worked out one after the other. */
import { ShellError } from "./shell-error.js";
import { parseStatement, type Argument, type Expression } from "./expression.js";
import { pythonText, ShellMethod, ShellObject, type Value } from "./value.js";

export class ShellSession {
  readonly #names: Map<string, Value>;

  /** @param names that are there from the beginning */
  constructor(names: Readonly<Record<string, Value>>) {
    this.#names = new Map(Object.entries(names));
  }

  /** The text that Python would print, or undefined. @throws ShellError, and what a call throws */
  async run(line: string): Promise<string | undefined> {
    const statement = parseStatement(line);
    if (statement === undefined) return undefined;
    const value = await this.#value(statement.value);
    if (statement.name === undefined) return value === null ? undefined : pythonText(value);
    this.#names.set(statement.name, value);
    return undefined;
  }

  /** Names that what was typed so far may be the beginning of: "j.tools.re" → "j.tools.restic". */
  completions(typed: string): string[] {
    const [, before = "", start = ""] = /^((?:\w+\.)*)(\w*)$/.exec(typed) ?? [];
    const path = before.split(".").filter((name) => name !== "");
    let members: ReadonlyMap<string, Value> = this.#names;
    for (const name of path) {
      const value = members.get(name);
      if (!(value instanceof ShellObject)) return [];
      members = value.members;
    }
    return [...members].flatMap(([name, value]) =>
      name.startsWith(start) ? [`${before}${name}${value instanceof ShellMethod ? "(" : ""}`] : [],
    );
  }

  async #value(expression: Expression): Promise<Value> {
    switch (expression.kind) {
      case "constant":
        return expression.value;
      case "list":
        return this.#all(expression.items);
      case "name": {
        const value = this.#names.get(expression.name);
        if (value === undefined)
          throw new ShellError("NameError", `name '${expression.name}' is not defined`);
        return value;
      }
      case "member":
        return memberOf(await this.#value(expression.of), expression.name);
      case "item":
        return itemOf(await this.#value(expression.of), await this.#value(expression.at));
      default:
        return this.#call(await this.#value(expression.of), expression.given);
    }
  }

  async #all(expressions: readonly Expression[]): Promise<Value[]> {
    const values: Value[] = [];
    for (const expression of expressions) values.push(await this.#value(expression));
    return values;
  }

  async #call(method: Value, given: readonly Argument[]): Promise<Value> {
    if (!(method instanceof ShellMethod))
      throw new ShellError("TypeError", `${pythonText(method).slice(0, 60)} is not callable`);
    const names = method.parameters.map((name) => name.replace("!", ""));
    const values = new Map<string, Value>();
    for (const [i, argument] of given.entries()) {
      const name = argument.name ?? names[i];
      if (name === undefined)
        throw new ShellError("TypeError", `${method.name}() takes at most ${names.length} arguments`);
      if (!names.includes(name))
        throw new ShellError("TypeError", `${method.name}() got an unexpected keyword argument '${name}'`);
      if (values.has(name))
        throw new ShellError("TypeError", `${method.name}() got multiple values for argument '${name}'`);
      values.set(name, await this.#value(argument.value));
    }
    const missing = method.parameters.find((name) => name.endsWith("!") && !values.has(name.slice(0, -1)));
    if (missing !== undefined)
      throw new ShellError("TypeError", `${method.name}() is missing the argument '${missing.slice(0, -1)}'`);
    return method.call(values);
  }
}

function memberOf(value: Value, name: string): Value {
  const member = value instanceof ShellObject ? value.members.get(name) : undefined;
  if (member === undefined)
    throw new ShellError("AttributeError", `${pythonText(value).slice(0, 60)} has no attribute '${name}'`);
  return member;
}

function itemOf(value: Value, at: Value): Value {
  let item: Value | undefined;
  if (typeof at === "number" && Array.isArray(value)) item = (value as readonly Value[]).at(at);
  if (typeof at === "string" && value instanceof Map) item = (value as ReadonlyMap<string, Value>).get(at);
  if (item === undefined) throw new ShellError("LookupError", `there is no ${pythonText(at)} in it`);
  return item;
}

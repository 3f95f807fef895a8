/**
 * Errors as restic words them. Some of its messages begin with "Fatal: " and some do not; programs that look for them
 * look for the whole line, so the difference is kept.
 */
import { TasticError, messageOf } from "@tastic/errors";
import type { ErrorCode } from "@tastic/errors";

/** Marks an error whose message is the whole text, without "Fatal: " in front. */
const PLAIN = "plain";

export interface TextErrorOptions {
  readonly code?: ErrorCode;
  readonly guidance?: string | undefined;
  readonly cause?: unknown;
}

/** An error that is printed as `Fatal: message`. */
export function fatal(message: string, options: TextErrorOptions = {}): TasticError {
  return textError(`Fatal: ${message}`, options);
}

/** An error that is printed as it is. */
export function plain(message: string, options: TextErrorOptions = {}): TasticError {
  return textError(message, options);
}

/** The same result; errors of ours lose their "Fatal: ". */
export async function orPlain<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof TasticError) || isTextError(error)) throw error;
    throw plain(error.message, { code: error.code, guidance: error.guidance, cause: error });
  }
}

/** An error in how the command was called. */
export function usageError(message: string, guidance?: string): TasticError {
  return textError(message, { guidance });
}

function textError(
  message: string,
  { code = "invalid-argument", guidance, cause }: TextErrorOptions,
): TasticError {
  return new TasticError(code, message, {
    data: { [PLAIN]: true },
    ...(guidance === undefined ? {} : { guidance }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Was the error made here, with the whole text as its message? */
export function isTextError(error: unknown): boolean {
  return error instanceof TasticError && error.data[PLAIN] === true;
}

/** The text of anything that was thrown, as it is printed and as `--json` states it. */
export function textOf(error: unknown): string {
  if (!(error instanceof TasticError)) return `Fatal: ${messageOf(error)}`;
  if (isTextError(error)) return error.message;
  // These two have restic's text on several lines, the last of which is our guidance.
  if (error.code === "locked") return joined(error);
  if (error.code === "no-repository") return `Fatal: ${joined(error)}`;
  return `Fatal: ${error.message}`;
}

/** What to print below the text: what the user can do now, unless the text says it. */
export function guidanceOf(error: unknown): string | undefined {
  if (!(error instanceof TasticError) || error.code === "locked" || error.code === "no-repository")
    return undefined;
  return error.guidance;
}

function joined(error: TasticError): string {
  return error.guidance === undefined ? error.message : `${error.message}\n${error.guidance}`;
}

/** What an error of Amazon's library tells of the server's answer. Nothing in here is trusted to be there. */

/** The server's own name for the error ("NoSuchKey"), or the library's where the answer had no body ("NotFound"). */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && statusOf(error) !== undefined ? error.name : undefined;
}

/** The status of the answer, or undefined where there was none. */
export function statusOf(error: unknown): number | undefined {
  const status =
    property(property(error, "$metadata"), "httpStatusCode") ?? property(response(error), "statusCode");
  return typeof status === "number" && status > 0 ? status : undefined;
}

/** A header of the answer; names are in lower case. */
export function headerOf(error: unknown, name: string): string | undefined {
  return text(property(property(response(error), "headers"), name));
}

const wrongRegion = [
  "AuthorizationHeaderMalformed",
  "PermanentRedirect",
  "InvalidRegion",
  "IllegalLocationConstraint",
];

/** The region that the server says the bucket is in, in an error that it blames on the region. */
export function regionHint(error: unknown): string | undefined {
  if (statusOf(error) === undefined) return undefined;
  // An answer without a body, as to HEAD, has only its status to say so.
  const moved = statusOf(error) === 301 || statusOf(error) === 307;
  if (!moved && !wrongRegion.some((name) => codeOf(error)?.startsWith(name))) return undefined;
  const region = text(property(error, "Region")) ?? headerOf(error, "x-amz-bucket-region");
  return region !== undefined && /^[a-z0-9-]{1,40}$/.test(region) ? region : undefined;
}

/** How many milliseconds this machine's clock is ahead of the server's, from the date of the answer. */
export function clockAhead(error: unknown): number | undefined {
  const date = Date.parse(headerOf(error, "date") ?? "");
  return Number.isNaN(date) ? undefined : Date.now() - date;
}

function response(error: unknown): unknown {
  return property(error, "$response");
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

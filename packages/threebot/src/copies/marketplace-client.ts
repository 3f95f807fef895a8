/** What a 3Bot asks of the marketplace (`marketplace/protocol.ts`), and what its refusals mean. */
import { TasticError, type ErrorCode } from "@tastic/errors";
import * as v from "valibot";
import {
  backupPlaces,
  failure,
  type BackupPlaces,
  type LoginRequest,
  type RegisterRequest,
} from "../marketplace/protocol.js";
import { callServer } from "./http-call.js";
import { parseSafeUrl } from "./safe-url.js";

const what = "the marketplace";

export class MarketplaceClient {
  readonly #url: URL;

  /** @throws TasticError invalid-argument */
  constructor(url: string) {
    this.#url = parseSafeUrl(url, "the marketplace's URL");
  }

  login(request: LoginRequest, signal?: AbortSignal): Promise<BackupPlaces> {
    return this.#places("login", request, signal);
  }

  register(request: RegisterRequest, signal?: AbortSignal): Promise<BackupPlaces> {
    return this.#places("register", request, signal);
  }

  async #places(route: string, body: object, signal: AbortSignal | undefined): Promise<BackupPlaces> {
    const url = new URL(`${this.#url.pathname.replace(/\/$/, "")}/api/v1/${route}`, this.#url);
    const answer = await callServer({ method: "POST", url, what, body: JSON.stringify(body), signal });
    const json = parseJson(answer.text);
    if (answer.status !== 200) throw refusal(answer.status, json);
    const places = v.safeParse(backupPlaces, json);
    if (!places.success) {
      throw new TasticError(
        "storage-failed",
        `${what} answered with something else than the places of backups`,
        {
          guidance: "Check its URL.",
        },
      );
    }
    for (const { url: copy } of places.output.copies) parseSafeUrl(copy, "the URL of a backup server");
    return places.output;
  }
}

/** Did the marketplace say that name and password are not those of a 3Bot it knows? */
export function isUnknownLogin(error: unknown): boolean {
  return error instanceof TasticError && error.data["unknownLogin"] === true;
}

function refusal(status: number, json: unknown): TasticError {
  const said = v.safeParse(failure, json);
  const { code, message, guidance } = said.success
    ? said.output.error
    : { code: "", message: "", guidance: "" };
  const unknownLogin = [401, 403, 404].includes(status) || code === "wrong-password";
  return new TasticError(
    codeFor(status),
    `${what} refused: ${message.slice(0, 500) || `HTTP status ${status}`}`,
    {
      ...(guidance && { guidance: guidance.slice(0, 500) }),
      data: { status, marketplaceCode: code, unknownLogin },
    },
  );
}

function codeFor(status: number): ErrorCode {
  switch (status) {
    case 400:
      return "invalid-argument";
    case 401:
    case 403:
      return "access-denied";
    case 404:
      return "not-found";
    case 409:
      return "already-exists";
    case 429:
      return "limit-exceeded";
    default:
      return "storage-failed";
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

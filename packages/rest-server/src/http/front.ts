/** The paths that are no repository's: health, readiness and metrics. All others are the repositories'. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "@tastic/errors";
import { unauthorized, type Authenticator } from "../auth/identity.js";
import type { Log } from "../operations/log.js";
import type { Prometheus } from "../operations/prometheus.js";
import type { Repositories } from "../stores/object-store.js";
import { answerOf } from "./refusal.js";
import { splitTarget } from "./request-path.js";
import { sendRefusal, sendText } from "./respond.js";

export interface FrontOptions {
  readonly repositories: Repositories;
  readonly log: Log;
  readonly metrics?:
    | { readonly prometheus: Prometheus; readonly authenticator: Authenticator; readonly only?: string }
    | undefined;
  readonly draining: () => boolean;
}

export class Front {
  readonly #options: FrontOptions;

  constructor(options: FrontOptions) {
    this.#options = options;
  }

  /** Answers what is no repository's; false for all else. */
  answers(request: IncomingMessage, response: ServerResponse): boolean {
    const { path } = splitTarget(request.url ?? "");
    if (path !== "/health" && path !== "/ready" && path !== "/metrics") return false;
    if (path === "/metrics" && this.#options.metrics === undefined) return false;
    void this.#answer(path, request, response);
    return true;
  }

  async #answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method !== "GET" && request.method !== "HEAD") {
        sendRefusal(request, response, 405, "Method Not Allowed", { allow: "HEAD, GET" });
      } else if (path === "/health") {
        // The process is alive and answers: nothing else, or a full disk would have it restarted for ever.
        sendText(response, 200, "ok");
      } else if (path === "/ready") {
        await this.#ready(response);
      } else {
        await this.#metrics(request, response);
      }
    } catch (error) {
      const { status, text, headers } = answerOf(error);
      sendRefusal(request, response, status, text, headers);
    }
  }

  async #ready(response: ServerResponse): Promise<void> {
    const { draining, repositories, log } = this.#options;
    if (draining()) return sendText(response, 503, "stopping");
    try {
      await repositories.probe();
      sendText(response, 200, "ok");
    } catch (error) {
      log.error(`not ready: ${messageOf(error)}`);
      sendText(response, 503, "storage cannot be reached");
    }
  }

  async #metrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { metrics } = this.#options;
    if (metrics === undefined) return sendText(response, 404, "Not Found");
    const { account } = await metrics.authenticator.identify(request);
    if (metrics.only !== undefined && account !== metrics.only) throw unauthorized();
    const { type, body } = await metrics.prometheus.text();
    response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(body) });
    response.end(body);
  }
}

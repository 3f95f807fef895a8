/** Which method on which path does what (restic's REST protocol, versions 1 and 2). */
import { refusal } from "./refusal.js";
import { deletion } from "./deletion.js";
import { download, head } from "./download.js";
import type { Exchange } from "./exchange.js";
import { listing } from "./listing.js";
import { sendEmpty } from "./respond.js";
import type { Services } from "./services.js";
import { upload } from "./upload.js";

export async function route(exchange: Exchange, services: Services): Promise<void> {
  const { method } = exchange;
  const { target } = exchange.path;
  switch (target.kind) {
    case "repository":
      if (method !== "POST") throw wrongMethod("POST");
      return createRepository(exchange);
    case "list":
      if (method !== "GET") throw wrongMethod("GET");
      return listing(exchange, target.type, services);
    case "object":
      switch (method) {
        case "HEAD":
          return head(exchange, target.file);
        case "GET":
          return download(exchange, target.file, services);
        case "POST":
          return upload(exchange, target.file, services);
        case "DELETE":
          return deletion(exchange, target.file, services);
        default:
          throw wrongMethod("HEAD, GET, POST, DELETE");
      }
  }
}

async function createRepository({ query, store, response }: Exchange): Promise<void> {
  if (query.get("create") !== "true")
    throw refusal(400, "invalid-argument", "a repository is made with ?create=true");
  await store.create();
  sendEmpty(response, 200);
}

function wrongMethod(allowed: string): Error {
  return refusal(405, "invalid-argument", "this path does not have this method", {
    headers: { allow: allowed },
  });
}

/** `GET {repository}/{type}/`: the names of all objects of a type (protocol 1), or names and sizes (protocol 2). */
import type { FileType } from "@tastic/storage";
import type { Exchange } from "./exchange.js";
import type { Services } from "./services.js";
import { writePiece } from "./respond.js";
import { Turns } from "./turns.js";

export const mediaTypeV1 = "application/vnd.x.restic.rest.v1";
export const mediaTypeV2 = "application/vnd.x.restic.rest.v2";

/** Text is gathered up to so many characters before it is sent. */
const pieceLength = 64 * 1024;

/** A list of a million packs is work for one processor and for the disk: more at once would only be slower. */
const turns = new Turns(4);

export function listing(exchange: Exchange, type: FileType, services: Services): Promise<void> {
  return turns.take(() => sendList(exchange, type, services.settings.bodyPatience));
}

async function sendList(exchange: Exchange, type: FileType, patience: number): Promise<void> {
  const { request, response, store } = exchange;
  // Somebody who asks for a list and does not read it holds up the others.
  response.setTimeout(patience, () => response.destroy());
  const sizes = request.headers.accept === mediaTypeV2;
  const batches = store.list(type, { sizes });
  const iterator = batches[Symbol.asyncIterator]();
  // The first batch before the status: what cannot be listed at all is no empty list.
  let next = await iterator.next();
  response.writeHead(200, { "content-type": sizes ? mediaTypeV2 : mediaTypeV1 });
  let text = "[";
  let first = true;
  for (; next.done !== true; next = await iterator.next()) {
    for (const { name, size } of next.value) {
      text += `${first ? "" : ","}${sizes ? `{"name":"${name}","size":${size}}` : `"${name}"`}`;
      first = false;
    }
    if (text.length < pieceLength) continue;
    await writePiece(response, text);
    text = "";
  }
  response.end(`${text}]`);
}

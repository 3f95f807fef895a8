/** Server-sent events as they come over a connection (the HTML standard, section 9.2). */
import type { OwnerEvent } from "../owner/service.js";

export async function* eventsOf(
  parts: AsyncIterable<Uint8Array>,
): AsyncGenerator<OwnerEvent, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of parts) {
    rest += decoder.decode(part, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = block
        .split(/\r?\n/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).replace(/^ /, ""));
      if (data.length > 0) yield JSON.parse(data.join("\n")) as OwnerEvent;
    }
  }
}

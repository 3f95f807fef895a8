/**
 * The service's stream of events, as messages. A browser opens at most six connections to a server that speaks HTTP/1.1,
 * which is why all tabs share one stream.
 */
import type { OwnerEvent } from "@tastic/threebot";

export type StreamMessage =
  | { readonly type: "open" }
  | { readonly type: "lost" }
  /** The service refuses: most likely the session is over. */
  | { readonly type: "refused" }
  | { readonly type: "event"; readonly event: OwnerEvent };

/** Events may come with a name of their own or without one. */
const names = ["message", "run", "status", "snapshots"] as const;

/** Listens until the function that it returns is called. The browser connects anew by itself. */
export function listen(address: string, tell: (message: StreamMessage) => void): () => void {
  const source = new EventSource(address);
  source.addEventListener("open", () => tell({ type: "open" }));
  source.addEventListener("error", () => {
    tell({ type: source.readyState === EventSource.CLOSED ? "refused" : "lost" });
  });
  for (const name of names) {
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      const event = parsed(data);
      if (event !== undefined) tell({ type: "event", event });
    });
  }
  return () => source.close();
}

/** Undefined for what is no event, such as a sign of life. */
function parsed(data: string): OwnerEvent | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "type" in value ? (value as OwnerEvent) : undefined;
  } catch {
    return undefined;
  }
}

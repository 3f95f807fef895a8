/**
 * A shared worker: one for all tabs of a browser, with the one stream of events. A tab says "connect" when it may have
 * a session; the worker ends with the last tab.
 */
import { listen, type StreamMessage } from "./event-source.js";

const ports = new Set<MessagePort>();
let stop: (() => void) | undefined;
let open = false;

function connect(): void {
  stop ??= listen("/api/v1/events", tellAll);
}

function tellAll(message: StreamMessage): void {
  open = message.type === "open" || message.type === "event";
  if (message.type === "refused") {
    stop?.();
    stop = undefined;
  }
  for (const port of ports) port.postMessage(message);
}

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port === undefined) return;
  ports.add(port);
  port.addEventListener("message", ({ data }: MessageEvent<string>) => {
    if (data === "bye") ports.delete(port);
    else if (open) port.postMessage({ type: "open" } satisfies StreamMessage);
    else connect();
  });
  port.start();
});

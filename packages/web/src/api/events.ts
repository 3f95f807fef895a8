/** The events of the service, for this tab: through the worker that all tabs share, or alone where there is none. */
import { listen, type StreamMessage } from "./event-source.js";

/** @returns connects, again if the service refused before. */
export function followEvents(tell: (message: StreamMessage) => void): () => void {
  if (!("SharedWorker" in globalThis)) return followAlone(tell);
  const worker = new SharedWorker(new URL("./events-shared.ts", import.meta.url), { type: "module" });
  worker.port.addEventListener("message", ({ data }: MessageEvent<StreamMessage>) => tell(data));
  worker.port.start();
  addEventListener("pagehide", (event) => {
    if (!event.persisted) worker.port.postMessage("bye");
  });
  return () => worker.port.postMessage("connect");
}

/** Some browsers of phones have no shared workers; nor do they have many tabs. */
function followAlone(tell: (message: StreamMessage) => void): () => void {
  let stop: (() => void) | undefined;
  return () => {
    stop?.();
    stop = listen("/api/v1/events", tell);
  };
}

/**
 * What happens, as a stream of events (the HTML standard's server-sent events), for as long as the browser listens, the
 * session lasts and the service runs.
 */
import { setMaxListeners } from "node:events";
import { messageOf, TasticError } from "@tastic/errors";
import { streamSSE } from "hono/streaming";
import * as v from "valibot";
import { defineRoute, type Route } from "../http/route.js";
import type { OwnerRoutesOptions } from "./owner-route.js";
import { ownerEventSchema } from "./schemas.js";

/** Proxies close what is silent for a minute. */
const usualHeartbeat = 15_000;
const maximumStreams = 50;

export function eventRoute(
  { owner, access, stopping, log }: OwnerRoutesOptions,
  heartbeat = usualHeartbeat,
): Route {
  let streams = 0;
  setMaxListeners(maximumStreams + 10, stopping);
  return defineRoute({
    method: "GET",
    path: "/api/v1/events",
    access: "session",
    summary: "What happens, as server-sent events; `event` is its type.",
    handle: (_input, context) => {
      if (context.req.method === "HEAD") return new Response(null);
      if (streams >= maximumStreams)
        throw new TasticError("limit-exceeded", "there are too many streams of events", {
          guidance: "Close some of the pages.",
        });
      streams++;
      const response = streamSSE(context, async (stream) => {
        const over = new AbortController();
        const end = (): void => over.abort();
        stream.onAbort(end);
        stopping.addEventListener("abort", end);
        if (stopping.aborted) end();
        const beat = setInterval(() => {
          access.isStillAdmitted(context).then((admitted) => {
            if (admitted) void stream.write(": \n\n");
            else end();
          }, end);
        }, heartbeat).unref();
        try {
          // So that the browser knows at once that it is heard.
          await stream.write("retry: 2000\n\n");
          for await (const event of owner.events(over.signal)) {
            const { type } = event;
            await stream.writeSSE({ event: type, data: JSON.stringify(v.parse(ownerEventSchema, event)) });
          }
        } catch (error) {
          // The browser asks again.
          if (!over.signal.aborted) log.error(`the stream of events has ended: ${messageOf(error)}`);
        } finally {
          streams--;
          clearInterval(beat);
          stopping.removeEventListener("abort", end);
          over.abort();
        }
      });
      response.headers.set("x-accel-buffering", "no");
      return response;
    },
  });
}

/** Metrics for Prometheus: rest-server's own names and labels, so that its dashboards work, and a few of ours. */
import type { Counter, Gauge, Registry } from "prom-client";
import type { Exchange } from "../http/exchange.js";
import type { Metrics } from "./metrics.js";
import type { ScrubState } from "./scrub.js";

export interface Prometheus extends Metrics {
  /** The text that Prometheus asks for. */
  text(): Promise<{ readonly type: string; readonly body: string }>;
  answered(status: number): void;
}

/** More repositories than this are counted together: each is a series that Prometheus keeps in memory. */
const maximumSeries = 5_000;

/** Loads the library, which is not needed otherwise. */
export async function createPrometheus(scrub: () => ScrubState): Promise<Prometheus> {
  const library = await import("prom-client");
  const registry: Registry = new library.Registry();
  const labelNames = ["user", "repo", "type"] as const;
  const counter = (name: string, help: string): Counter<(typeof labelNames)[number]> =>
    new library.Counter({ name, help, labelNames, registers: [registry] });
  const written = counter("rest_server_blob_write_total", "Objects written");
  const writtenBytes = counter("rest_server_blob_write_bytes_total", "Bytes of objects written");
  const read = counter("rest_server_blob_read_total", "Objects read");
  const readBytes = counter("rest_server_blob_read_bytes_total", "Bytes of objects read");
  const deleted = counter("rest_server_blob_delete_total", "Objects deleted");
  const deletedBytes = counter("rest_server_blob_delete_bytes_total", "Bytes of objects deleted");
  const answers = new library.Counter({
    name: "tastic_rest_answers_total",
    help: "Answers by status",
    labelNames: ["status"],
    registers: [registry],
  });
  const gauge = (name: string, help: string, value: () => number): Gauge =>
    new library.Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge(
    "tastic_rest_scrub_verified_objects",
    "Objects that the running or last scrub has verified",
    () => scrub().verified,
  );
  gauge(
    "tastic_rest_scrub_damaged_objects",
    "Objects that did not match their names",
    () => scrub().damaged.length,
  );
  gauge("process_resident_memory_bytes", "Memory of the process", () => process.memoryUsage.rss());

  const series = new Set<string>();
  const labels = ({ account, repository }: Exchange, type: string) => {
    const name = `${account}\n${repository}`;
    if (series.size < maximumSeries) series.add(name);
    const known = series.has(name);
    return { user: known ? account : "", repo: known ? `/${repository}` : "other", type };
  };
  const count =
    (total: typeof written, bytesTotal: typeof written) =>
    (exchange: Exchange, type: string, bytes: number) => {
      const labelled = labels(exchange, type);
      total.inc(labelled);
      bytesTotal.inc(labelled, bytes);
    };
  return {
    written: count(written, writtenBytes),
    read: count(read, readBytes),
    deleted: count(deleted, deletedBytes),
    answered: (status) => answers.inc({ status: String(status) }),
    text: async () => ({ type: registry.contentType, body: await registry.metrics() }),
  };
}

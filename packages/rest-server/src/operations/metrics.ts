/** What is counted of requests. */
import type { Exchange } from "../http/exchange.js";

export interface Metrics {
  written(exchange: Exchange, type: string, bytes: number): void;
  read(exchange: Exchange, type: string, bytes: number): void;
  deleted(exchange: Exchange, type: string, bytes: number): void;
}

export const noMetrics: Metrics = {
  written: () => undefined,
  read: () => undefined,
  deleted: () => undefined,
};

// The way to a server that is far away: every byte arrives later, as many as are sent at a time.
import { connect, createServer } from "node:net";

/**
 * Passes connections on to a server. Each way takes half of the latency, however much is under way; nothing is lost and
 * nothing is slowed down but for that.
 * @param {string} address of the server, such as "127.0.0.1:8000"
 * @param {number} latency milliseconds for there and back; 0 for the server's own address, and nothing in between
 * @returns {Promise<{ address: string, stop: () => Promise<void> }>}
 */
export async function startDelay(address, latency) {
  if (latency === 0) return { address, stop: async () => {} };
  const [host = "", port = ""] = address.split(":");
  /** @type {Set<import("node:net").Socket>} */
  const sockets = new Set();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host, port: Number(port), allowHalfOpen: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (data) => setTimeout(() => to.write(data), latency / 2));
      from.on("end", () => setTimeout(() => to.end(), latency / 2));
      from.on("error", () => to.destroy());
      from.on("close", () => sockets.delete(from));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const own = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    address: `127.0.0.1:${own.port}`,
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A wire between a client and a server on which somebody listens: all bytes are kept, those to the server and its answers. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface TappedWire {
  readonly url: string;
  /** Where the bytes are to go; must be set before the first comes. */
  forwardTo(url: string): void;
  heard(): Buffer;
  answered(): Buffer;
}

export async function tapWire(): Promise<TappedWire> {
  const pieces: Buffer[] = [];
  const answers: Buffer[] = [];
  const sockets = new Set<Socket>();
  let port = 0;
  const server = createServer((client) => {
    const onward = connect(port, "127.0.0.1");
    for (const socket of [client, onward]) {
      sockets.add(socket);
      // One end closes the other.
      socket.on("error", () => [client, onward].forEach((one) => one.destroy()));
      socket.on("close", () => [client, onward].forEach((one) => one.destroy()));
    }
    client.on("data", (piece) => {
      pieces.push(Buffer.from(piece));
      onward.write(piece);
    });
    onward.on("data", (piece) => answers.push(Buffer.from(piece)));
    onward.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    forwardTo: (url) => (port = Number(new URL(url).port)),
    heard: () => Buffer.concat(pieces),
    answered: () => Buffer.concat(answers),
  };
}

/** A fake 3Bot on a real connection, as programs and browsers meet it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, type Log } from "@tastic/rest-server";
import { openSite, type SiteOptions } from "../../dist/command/site.js";
import { FakeOwner } from "./fake-owner.js";
import { ownerPassword } from "./owner-site.js";

export async function openFakeSite(more: Partial<SiteOptions> = {}, log: Log = silentLog) {
  const owner = new FakeOwner();
  const state = await mkdtemp(join(tmpdir(), "threebot-site-"));
  const site = await openSite({
    owner,
    state,
    listen: "127.0.0.1:0",
    firstPassword: ownerPassword,
    log,
    ...more,
  });
  return {
    owner,
    state,
    url: site.url.replace(/\/$/, ""),
    site,
    address: site.address,
    /** A request as a browser of this page makes it. */
    fetch: (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(site.url.replace(/\/$/, "") + path, init),
    async close(): Promise<void> {
      await site.stop(1_000);
      await rm(state, { recursive: true });
    },
  };
}

/** The cookie of a new session. */
export async function cookieOf(url: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ password: ownerPassword }),
  });
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

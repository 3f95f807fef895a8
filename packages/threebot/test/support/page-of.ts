/** The page of a 3Bot, as somebody sees it who has logged in. */
import { createClient, type Client } from "@tastic/threebot";

export async function pageOf(address: string, password: string): Promise<Client> {
  let cookie = "";
  const client = createClient(address, {
    fetch: async (url, init) => {
      const headers = new Headers(init?.headers);
      if (cookie !== "") headers.set("cookie", cookie);
      const response = await fetch(url, { ...init, headers });
      cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
      return response;
    },
  });
  await client.session.login(password);
  return client;
}

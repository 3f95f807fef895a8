/**
 * Tells the owner where no page is open: by mail, by a webhook, and by pinging a service that notices silence. What
 * cannot be told is logged, and never keeps a run from going on.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { messageOf, TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import { callServer } from "../copies/http-call.js";
import { isRefusedAddress, parseSafeUrl } from "../copies/safe-url.js";
import { asError } from "../owner/problem.js";
import type { OwnerState } from "../owner/owner-state.js";
import { parseSmtpUrl } from "../owner/settings-change.js";
import type { SettingsRecord } from "../owner/state-schemas.js";

export interface Message {
  /** For programs: "failed", "overdue", "report", "test". */
  readonly event: string;
  readonly subject: string;
  readonly text: string;
}

type Channels = SettingsRecord["notifications"];

const patience = 20_000;

export class Notifier {
  readonly #state: OwnerState;
  readonly #log: Log;

  constructor(state: OwnerState, log: Log) {
    this.#state = state;
    this.#log = log;
  }

  /** By mail and webhook, as far as they are set up. */
  async tell(message: Message): Promise<void> {
    for (const failure of await this.#send(message))
      this.#log.warn(`the owner was not told: ${messageOf(failure)}`);
  }

  /** @throws TasticError the first failure; invalid-argument if there is nothing to test */
  async test(): Promise<void> {
    const { smtpUrl, webhook, ping } = await this.#channels();
    if (!smtpUrl && !webhook && !ping) {
      throw new TasticError("invalid-argument", "no notification is set up", {
        guidance: "Enter a mail server with an address, a webhook or a ping.",
      });
    }
    const name = await this.#name();
    const message = {
      event: "test",
      subject: `${name}: a test`,
      text: "Notifications of the backup arrive.",
    };
    const [failure] = await this.#send(message);
    if (failure !== undefined) throw asError(failure);
    if (ping) await this.#ping(ping, "", message.text);
  }

  /** `begin` before a run, `good` or `bad` after it. */
  async ping(moment: "begin" | "good" | "bad", text = ""): Promise<void> {
    const { ping } = await this.#channels();
    if (!ping) return;
    try {
      await this.#ping(ping, moment === "begin" ? "/start" : moment === "bad" ? "/fail" : "", text);
    } catch (error) {
      this.#log.warn(messageOf(error));
    }
  }

  async #send(message: Message): Promise<unknown[]> {
    const channels = await this.#channels();
    const failures: unknown[] = [];
    const attempt = async (send: () => Promise<void>): Promise<void> => {
      try {
        await send();
      } catch (error) {
        failures.push(error);
      }
    };
    if (channels.smtpUrl && channels.to.length > 0) await attempt(() => this.#mail(channels, message));
    if (channels.webhook) {
      const { webhook } = channels;
      await attempt(async () => this.#post(webhook, { ...message, name: await this.#name() }));
    }
    return failures;
  }

  async #mail(channels: Channels, { subject, text }: Message): Promise<void> {
    const { secure, host, port } = parseSmtpUrl(channels.smtpUrl ?? "");
    const { smtpUser, smtpPassword, to } = channels;
    const address = await safeAddress(host);
    // Only where there is a mail to send, since it is a tenth of what a 3Bot loads.
    const { createTransport } = await import("nodemailer");
    const transport = createTransport({
      host: address,
      port,
      secure,
      // Whoever logs in does so over TLS, or not at all.
      requireTLS: !secure && smtpUser !== undefined && smtpUser !== "",
      tls: { servername: isIP(host) === 0 ? host : undefined, minVersion: "TLSv1.2" },
      connectionTimeout: patience,
      greetingTimeout: patience,
      socketTimeout: patience,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(smtpUser && {
        auth: {
          user: smtpUser,
          pass:
            smtpPassword === undefined ? "" : this.#state.unseal("notifications/smtp-password", smtpPassword),
        },
      }),
    });
    try {
      await transport.sendMail({
        from: channels.from ?? to[0],
        to: [...to],
        subject: oneLine(subject),
        text,
      });
    } catch (cause) {
      throw new TasticError("storage-failed", `the mail was not taken by ${host}: ${messageOf(cause)}`, {
        guidance: "Check the mail server, its user and password, and the addresses.",
        cause,
      });
    } finally {
      transport.close();
    }
  }

  async #post(webhook: string, body: object): Promise<void> {
    const url = parseSafeUrl(webhook, "the webhook's URL");
    const what = "the webhook";
    const { status } = await callServer({
      method: "POST",
      url,
      what,
      body: JSON.stringify(body),
      timeoutMs: patience,
    });
    if (status >= 400) throw refused(what, status);
  }

  async #ping(base: string, suffix: string, text: string): Promise<void> {
    const url = parseSafeUrl(base, "the ping's URL");
    url.pathname = `${url.pathname.replace(/\/$/, "")}${suffix}`;
    const what = "the pinged service";
    const { status } = await callServer({
      method: "POST",
      url,
      what,
      body: text.slice(0, 10_000),
      contentType: "text/plain; charset=utf-8",
      timeoutMs: patience,
    });
    if (status >= 400) throw refused(what, status);
  }

  async #channels(): Promise<Channels> {
    return (await this.#state.settings()).notifications;
  }

  async #name(): Promise<string> {
    const { name, host } = await this.#state.identity();
    return name ?? host;
  }
}

/** The address of the mail server, looked up once, so that it is the one that was checked. */
async function safeAddress(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  const addresses = await lookup(host, { all: true }).catch((cause: unknown) => {
    throw new TasticError("storage-failed", `there is no mail server ${host}`, {
      guidance: "Check its name, and the network.",
      cause,
    });
  });
  const [first] = addresses;
  if (first === undefined || addresses.some(({ address }) => isRefusedAddress(address, host)))
    throw new TasticError("access-denied", "the mail server leads to an address that is not allowed");
  return first.address;
}

function refused(what: string, status: number): TasticError {
  return new TasticError("storage-failed", `${what} does not take it (HTTP status ${status})`, {
    guidance: "Check its URL.",
  });
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}

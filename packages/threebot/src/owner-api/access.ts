/**
 * Who may use the interface of a 3Bot: its owner, logged in with the password of the page, and programs to which the
 * owner has given a token. Wrong passwords are slowed down by address; everything is written to the audit log.
 */
import { timingSafeEqual } from "node:crypto";
import { TasticError } from "@tastic/errors";
import { LoginThrottle, type AuditLog, type DocumentStore } from "@tastic/rest-server";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { NotLoggedIn } from "../http/failure.js";
import { checkNewPassword, OwnerPassword } from "./owner-password.js";
import type { SecretBox } from "../state/secret-box.js";
import { hashOfSecret } from "./secret-token.js";
import { SecondFactor } from "./second-factor.js";
import { Sessions, type Session } from "./sessions.js";
import { Tokens } from "./tokens.js";

export interface AccessOptions {
  readonly documents: DocumentStore;
  readonly audit: AuditLog;
  /** Browsers send the cookie back over TLS only. */
  readonly secureCookies: boolean;
  /** Tells the pages of one host apart; "3bot-session" if not given. */
  readonly cookieName?: string;
  /** Where a request comes from. */
  readonly addressOf: (context: Context) => string;
  readonly now?: () => number;
  /** Seals what a second factor needs; without it there can be none. */
  readonly secrets?: SecretBox | undefined;
  /** See `OwnerPasswordOptions`. */
  readonly passwordCost?: number;
}

/** The session of a person, or the token of a program. */
export type Caller =
  | { readonly kind: "owner"; readonly session: Session; readonly secret: string }
  | { readonly kind: "token"; readonly id: string; readonly name: string };

/** Longer than a session can be; the service ends it earlier. */
const cookieSeconds = 12 * 60 * 60;
/** The throttle counts by name, and here is one: nobody learns whether there is a password. */
const throttledName = "owner";

export class Access {
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly password: OwnerPassword;
  readonly secondFactor: SecondFactor;
  readonly #options: AccessOptions;
  readonly #now: () => number;
  readonly #throttle = new LoginThrottle();
  readonly #callers = new WeakMap<Context, Caller>();
  #setupCode: string | undefined;

  constructor(options: AccessOptions) {
    const { documents, now = Date.now, passwordCost } = options;
    this.#options = options;
    this.#now = now;
    this.sessions = new Sessions({ documents, now });
    this.tokens = new Tokens({ documents, now });
    this.secondFactor = new SecondFactor({ documents, secrets: options.secrets, now });
    this.password = new OwnerPassword({
      documents,
      ...(passwordCost === undefined ? {} : { cost: passwordCost }),
    });
  }

  /** With it whoever can read what the service prints sets the first password; until the service ends. */
  expectSetup(code: string): void {
    this.#setupCode = code;
  }

  /** Lets a request in, and remembers who it is. For `createApp`. */
  async admit(context: Context): Promise<boolean> {
    const caller = await this.#find(context, true);
    if (caller === undefined) return false;
    this.#callers.set(context, caller);
    return true;
  }

  /** Is whoever was let in still logged in? For answers that go on for long. */
  async isStillAdmitted(context: Context): Promise<boolean> {
    return (await this.#find(context, false)) !== undefined;
  }

  /** @throws NotLoggedIn for a request that was not let in */
  callerOf(context: Context): Caller {
    const caller = this.#callers.get(context);
    if (caller === undefined) throw new NotLoggedIn();
    return caller;
  }

  /** For what a program may not do in its owner's place. @throws TasticError access-denied */
  ownerOf(context: Context): Caller & { readonly kind: "owner" } {
    const caller = this.callerOf(context);
    if (caller.kind === "owner") return caller;
    throw new TasticError("access-denied", "a token may not do this", { guidance: "Log in at the page." });
  }

  /** The session of a request, without prolonging it. */
  async sessionOf(context: Context): Promise<Session | undefined> {
    const secret = this.#cookieOf(context);
    return secret === undefined ? undefined : this.sessions.find(secret, false);
  }

  /** @param code of the second factor, if there is one @throws TasticError wrong-password, limit-exceeded */
  async login(context: Context, password: string, code = ""): Promise<void> {
    await this.#tryBoth(context, "login", password, code);
    await this.#begin(context);
  }

  /** Begins to ask for codes: once more for the password, then for a first code. @throws TasticError wrong-password */
  async beginSecondFactor(context: Context, password: string): ReturnType<SecondFactor["begin"]> {
    this.ownerOf(context);
    await this.#try(context, "second-factor-begin", () => this.password.matches(password));
    return this.secondFactor.begin();
  }

  /** Asks for codes from now on, and ends all other sessions. @throws TasticError wrong-password, limit-exceeded */
  async confirmSecondFactor(context: Context, code: string): Promise<void> {
    this.ownerOf(context);
    await this.#try(context, "second-factor-on", () => this.secondFactor.confirm(code), wrongBoth);
    await this.sessions.endOthers(await this.#begin(context));
  }

  /** @throws TasticError wrong-password, limit-exceeded */
  async endSecondFactor(context: Context, password: string, code: string): Promise<void> {
    this.ownerOf(context);
    await this.#tryBoth(context, "second-factor-off", password, code);
    await this.secondFactor.end();
  }

  /** Sets the first password, and logs in. @throws TasticError access-denied, limit-exceeded, already-exists, invalid-argument */
  async setUp(context: Context, code: string, password: string): Promise<void> {
    const isRight = async (): Promise<boolean> => {
      if (await this.password.isSet())
        throw new TasticError("already-exists", "there is a password already", { guidance: "Log in." });
      return this.#isSetupCode(code);
    };
    await this.#try(context, "setup", isRight, wrongCode);
    checkNewPassword(password);
    await this.password.setFirst(password);
    this.#setupCode = undefined;
    await this.#begin(context);
  }

  async logout(context: Context): Promise<void> {
    const caller = this.ownerOf(context);
    await this.sessions.end(caller.secret);
    deleteCookie(context, this.#cookieName, { path: "/", secure: this.#options.secureCookies });
    await this.record(context, "logout");
  }

  /** Changes the password and ends all other sessions. @throws TasticError wrong-password, limit-exceeded */
  async changePassword(context: Context, old: string, password: string): Promise<void> {
    this.ownerOf(context);
    checkNewPassword(password);
    await this.#try(context, "password", () => this.password.matches(old));
    await this.password.change(password);
    await this.sessions.endOthers(await this.#begin(context));
  }

  /** Writes to the audit log what was done and by whom. */
  async record(
    context: Context,
    event: string,
    details: Readonly<Record<string, string | number | boolean | undefined>> = {},
  ): Promise<void> {
    const caller = this.#callers.get(context);
    const account = caller === undefined ? "" : caller.kind === "owner" ? "owner" : `token:${caller.name}`;
    const { addressOf, audit } = this.#options;
    await audit.record({ ...details, event, account, address: addressOf(context) });
  }

  /** The answer does not tell which of the two was wrong. */
  async #tryBoth(context: Context, event: string, password: string, code: string): Promise<void> {
    if (!(await this.secondFactor.isOn()))
      return this.#try(context, event, () => this.password.matches(password));
    const areRight = async (): Promise<boolean> =>
      (await this.password.matches(password)) && this.secondFactor.matches(code);
    return this.#try(context, event, areRight, wrongBoth);
  }

  /** Someone tries a secret: not too often, and not unseen. */
  async #try(
    context: Context,
    event: string,
    isRight: () => Promise<boolean>,
    wrong = wrongPassword,
  ): Promise<void> {
    const address = this.#options.addressOf(context);
    const wait = this.#throttle.begin(address, throttledName, this.#now());
    if (wait > 0) {
      await this.record(context, `${event}-throttled`);
      const seconds = Math.ceil(wait / 1000);
      context.header("retry-after", String(seconds));
      throw new TasticError("limit-exceeded", "there were too many wrong passwords", {
        guidance: `Try again in ${seconds} seconds.`,
      });
    }
    if (!(await isRight())) {
      await this.record(context, `${event}-failed`);
      throw wrong();
    }
    this.#throttle.succeeded(address, throttledName, this.#now());
    await this.record(context, event);
  }

  /** Begins a session under a new secret, and ends the one that the browser had. Returns its id. */
  async #begin(context: Context): Promise<string> {
    const before = this.#cookieOf(context);
    if (before !== undefined) await this.sessions.end(before);
    const { addressOf, secureCookies } = this.#options;
    const agent = context.req.header("user-agent") ?? "";
    const { id, secret } = await this.sessions.begin(addressOf(context), agent);
    setCookie(context, this.#cookieName, secret, {
      path: "/",
      httpOnly: true,
      sameSite: "Strict",
      secure: secureCookies,
      maxAge: cookieSeconds,
    });
    return id;
  }

  async #find(context: Context, touch: boolean): Promise<Caller | undefined> {
    const [, token] = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "") ?? [];
    if (token !== undefined) {
      const found = await this.tokens.find(token);
      return found && { kind: "token", id: found.id, name: found.name };
    }
    const secret = this.#cookieOf(context);
    if (secret === undefined) return undefined;
    const session = await this.sessions.find(secret, touch);
    return session && { kind: "owner", session, secret };
  }

  #isSetupCode(code: string): boolean {
    if (this.#setupCode === undefined) return false;
    const [given, wanted] = [code.trim().toUpperCase(), this.#setupCode].map(hashOfSecret);
    return timingSafeEqual(Buffer.from(given ?? ""), Buffer.from(wanted ?? ""));
  }

  #cookieOf(context: Context): string | undefined {
    const secret = getCookie(context, this.#cookieName);
    return secret === "" ? undefined : secret;
  }

  /** The prefix makes browsers refuse one that another host or a page without TLS has set (RFC 6265bis). */
  get #cookieName(): string {
    const { secureCookies, cookieName = "3bot-session" } = this.#options;
    return secureCookies ? `__Host-${cookieName}` : cookieName;
  }
}

function wrongPassword(): TasticError {
  return new TasticError("wrong-password", "this is not the password");
}

function wrongBoth(): TasticError {
  return new TasticError("wrong-password", "the password or the code is not right", {
    guidance: "A code works once, and for a minute: check the clocks, and wait for the next one.",
  });
}

function wrongCode(): TasticError {
  return new TasticError("access-denied", "this is not the setup code", {
    guidance: "The service prints it when it starts; a new one each time.",
  });
}

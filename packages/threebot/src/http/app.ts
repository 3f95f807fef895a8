/**
 * Routes become an app. Whatever is not listed as a route is refused, whatever is not public needs a session, and a change
 * must come from a page of ours or from a program, never from a page of others.
 */
import { Hono, type Context, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { messageOf, TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import { parse } from "valibot";
import { failureOf, NotLoggedIn } from "./failure.js";
import { queryOf } from "./query.js";
import type { Route } from "./route.js";

export interface AppOptions {
  readonly routes: readonly Route[];
  /** Is there a session, or a token of the interface? */
  readonly admit: (context: Context) => Promise<boolean>;
  readonly log: Log;
  /** Serves the files of a page, where no route is meant. */
  readonly page?: MiddlewareHandler | undefined;
  /** Of the page, where a proxy has changed the host of requests: "https://backup.example". */
  readonly origin?: string | undefined;
  /** By which names it is called; by any if not given. */
  readonly isOwnHost?: ((host: string) => boolean) | undefined;
}

const usualBody = 64 * 1024;

export function createApp({ routes, admit, log, page, origin, isOwnHost }: AppOptions): Hono {
  const app = new Hono();
  // So that errors look as those of their route do.
  const routeOf = new WeakMap<Context, Route>();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", "blob:"],
        objectSrc: ["'none'"],
      },
      referrerPolicy: "no-referrer",
      // Whether other hosts of the domain have TLS is not for this one to say.
      strictTransportSecurity: "max-age=15552000",
      xFrameOptions: "DENY",
      // A route may have a narrower policy of its own.
      overwrite: false,
    }),
  );
  if (isOwnHost !== undefined) {
    app.use(async (context, next) => {
      if (!isOwnHost(context.req.header("host") ?? ""))
        throw new TasticError("access-denied", "nothing here has this name");
      await next();
    });
  }
  for (const route of routes) {
    const path = [route.path];
    app.on(route.method, path, async (context, next) => {
      routeOf.set(context, route);
      await next();
    });
    app.on(route.method, path, bodyLimit({ maxSize: route.maximumBody ?? usualBody, onError: tooLarge }));
    app.on(route.method, path, async (context) => {
      context.header("cache-control", "no-store");
      if (route.method === "POST") refuseOtherPages(context, origin);
      if (route.access !== "public" && !(await admit(context))) throw new NotLoggedIn();
      const input = route.input === undefined ? {} : parse(route.input, await inputOf(context, route));
      const answer = await route.handle(input, context);
      return answer instanceof Response ? answer : context.json(answer ?? {});
    });
  }
  if (page !== undefined) app.use(page);
  app.notFound((context) => {
    const { body } = failureOf(new TasticError("not-found", "there is no such route"));
    return context.json(body, 404);
  });
  app.onError((error, context) => {
    const failure = failureOf(error);
    if (failure.status === 500) log.error(`${context.req.method} ${context.req.path}: ${messageOf(error)}`);
    const { status, body } = routeOf.get(context)?.failure?.(failure) ?? failure;
    return context.json(body, status);
  });
  return app;
}

/** A browser says where a request comes from. Programs say nothing, and carry no cookie that others could use. */
function refuseOtherPages(context: Context, ownOrigin: string | undefined): void {
  const site = context.req.header("sec-fetch-site");
  const origin = context.req.header("origin");
  const own = origin === undefined || origin === ownOrigin || hostOf(origin) === context.req.header("host");
  if (own && (site === undefined || site === "same-origin")) return;
  throw new TasticError("access-denied", "a page of another site may not do this");
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

async function inputOf(context: Context, route: Route): Promise<object> {
  const given: unknown = route.method === "GET" ? queryOf(context.req.url) : await bodyOf(context);
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new TasticError("invalid-argument", "the body of the request is not a JSON object");
  return { ...given, ...context.req.param() };
}

async function bodyOf(context: Context): Promise<unknown> {
  const text = await context.req.text();
  if (text === "") return {};
  // Forms of other pages cannot send this type without asking first.
  if (!/^application\/json\b/i.test(context.req.header("content-type") ?? ""))
    throw new TasticError("invalid-argument", "the body of a request is application/json");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TasticError("invalid-argument", "the body of the request is not JSON", { cause });
  }
}

function tooLarge(): never {
  throw new TasticError("invalid-argument", "the body of the request is too large");
}

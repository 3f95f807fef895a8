/** Is somebody logged in? When a session ends, requests wait here for the next one. */
import { ref } from "vue";
import { asApiError, type ApiError } from "../api/api-error.js";
import { session } from "../api/owner.js";
import { whenLoggedOut } from "../api/request.js";

/** `fresh`: nobody has chosen a password yet; `ended`: somebody was logged in before. */
export const login = ref<"asking" | "fresh" | "out" | "in" | "ended" | "unreachable">("asking");

/** Is a code asked for, beside the password? */
export const codeAsked = ref(false);

let waiting: (() => void)[] = [];

whenLoggedOut(() => {
  if (login.value === "in") login.value = "ended";
  else if (login.value === "asking") login.value = "out";
  return new Promise((resolve) => waiting.push(resolve));
});

export async function askSession(): Promise<void> {
  try {
    const { loggedIn, fresh, secondFactor } = await session.read();
    codeAsked.value = secondFactor === true;
    if (loggedIn) entered();
    else login.value = fresh ? "fresh" : "out";
  } catch {
    login.value = "unreachable";
  }
}

/** @returns what was wrong. */
export async function logIn(password: string, code: string): Promise<ApiError | undefined> {
  const problem = await enter(() => session.logIn(password, codeAsked.value ? code : undefined));
  // Somebody may have switched codes on since.
  if (problem !== undefined && !codeAsked.value) codeAsked.value = await isCodeAsked();
  return problem;
}

async function isCodeAsked(): Promise<boolean> {
  try {
    return (await session.read()).secondFactor === true;
  } catch {
    // What kept the login from being done is told already.
    return false;
  }
}

export async function firstLogIn(setupCode: string, password: string): Promise<ApiError | undefined> {
  return enter(() => session.first(setupCode, password));
}

export async function logOut(): Promise<void> {
  await session.end();
  // All that the page knows was for the eyes of who has left.
  location.hash = "";
  location.reload();
}

async function enter(how: () => Promise<object>): Promise<ApiError | undefined> {
  try {
    await how();
  } catch (error) {
    return asApiError(error);
  }
  entered();
  return undefined;
}

function entered(): void {
  login.value = "in";
  const resolved = waiting;
  waiting = [];
  for (const resolve of resolved) resolve();
}

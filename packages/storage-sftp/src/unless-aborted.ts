/** How an operation that cannot be taken back ends when its caller no longer wants it. */

// How long an abort waits for what has been begun to come to its end, in milliseconds.
const afterwards = 3000;

/** The result; after an abort only if it comes soon, since what was begun is better ended than left. */
export async function unlessAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result;
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(() => reject(new Error("the operation was given up")), afterwards);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

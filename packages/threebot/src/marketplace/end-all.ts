/** Ends what was started, in order. */
import { messageOf } from "@tastic/errors";

/**
 * The last one first. That one does not end well keeps no other from ending: what still listens would keep the process.
 * @throws what went wrong
 */
export async function endAll(ends: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  const [first] = failures;
  if (failures.length > 1) throw new AggregateError(failures, failures.map(messageOf).join("; "));
  if (failures.length === 1) throw first instanceof Error ? first : new Error(messageOf(first));
}

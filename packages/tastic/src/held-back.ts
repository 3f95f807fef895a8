/**
 * Events of work that began before its lock was held: nobody is told of them until it is.
 */

/** Tells events only once `held` has resolved, those from before first. */
export function heldBack<Event>(held: Promise<void>, tell: (event: Event) => void): (event: Event) => void {
  let waiting: Event[] | undefined = [];
  void held.then(() => {
    for (const event of waiting ?? []) tell(event);
    waiting = undefined;
  });
  return (event) => {
    if (waiting === undefined) tell(event);
    else waiting.push(event);
  };
}

// Time for many services in one process. It goes on to the next moment for which one of them waits, and stands still while
// one looks at what is due, or while more runs go on than this machine can do at once.

/** What one service sees of it. */
export class ServiceClock {
  /** @type {Set<{ at: number, wake: () => void }>} */
  sleepers = new Set();
  /** Runs that go on. @type {Set<string>} */
  running = new Set();
  /** @type {SimulatedClock} */
  #all;

  /** @param {SimulatedClock} all */
  constructor(all) {
    this.#all = all;
  }

  now() {
    return this.#all.time;
  }

  /** @param {number} milliseconds @param {AbortSignal} [signal] @returns {Promise<void>} */
  sleep(milliseconds, signal) {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        this.#all.changed(this);
        resolve();
      };
      const sleeper = { at: this.#all.time + milliseconds, wake };
      signal?.addEventListener("abort", wake, { once: true });
      this.sleepers.add(sleeper);
      this.#all.changed(this);
    });
  }

  /** @param {string} id */
  begun(id) {
    if (!this.running.has(id)) this.#all.count(1);
    this.running.add(id);
    this.#all.changed(this);
  }

  /** @param {string} id */
  ended(id) {
    if (this.running.delete(id)) this.#all.count(-1);
    this.#all.changed(this);
  }

  /** Nothing is to be waited for any more. */
  leave() {
    this.#all.remove(this);
  }
}

export class SimulatedClock {
  /** Milliseconds since 1970. */
  time;
  /** @type {Set<ServiceClock>} */
  #clocks = new Set();
  /** @type {Set<ServiceClock>} */
  #awake = new Set();
  #running = 0;
  #atOnce;
  /** @type {() => void} */
  #onQuiet = () => {};

  /** @param {number} start @param {number} atOnce so many runs may go on while time passes */
  constructor(start, atOnce) {
    this.time = start;
    this.#atOnce = atOnce;
  }

  /** One more service, which counts as awake until it sleeps. */
  clock() {
    const clock = new ServiceClock(this);
    this.#clocks.add(clock);
    this.#awake.add(clock);
    return clock;
  }

  /** @param {ServiceClock} clock */
  changed(clock) {
    if (!this.#clocks.has(clock)) return;
    if (clock.sleepers.size > 0 || clock.running.size > 0) this.#awake.delete(clock);
    else this.#awake.add(clock);
    this.#look();
  }

  /** @param {1 | -1} change */
  count(change) {
    this.#running += change;
    this.#look();
  }

  /** @param {ServiceClock} clock */
  remove(clock) {
    this.#clocks.delete(clock);
    this.#awake.delete(clock);
    this.#look();
  }

  #look() {
    if (this.#awake.size === 0 && this.#running <= this.#atOnce) this.#onQuiet();
  }

  /** Resolves when every service sleeps, but for `atOnce` that may be working. */
  async quiet(atOnce = this.#atOnce) {
    while (this.#awake.size > 0 || this.#running > atOnce)
      await new Promise((resolve) => (this.#onQuiet = () => resolve(undefined)));
  }

  /** Lets time pass until `end`, in steps that take along what is due within `step` milliseconds. @param {number} end */
  async passUntil(end, step = 5_000) {
    for (;;) {
      await this.quiet();
      let next = end;
      for (const { sleepers } of this.#clocks) for (const { at } of sleepers) next = Math.min(next, at);
      this.time = Math.min(end, Math.max(this.time, next) + step);
      for (const { sleepers } of this.#clocks)
        for (const sleeper of [...sleepers]) if (sleeper.at <= this.time) sleeper.wake();
      if (this.time >= end) return this.quiet(0);
    }
  }
}

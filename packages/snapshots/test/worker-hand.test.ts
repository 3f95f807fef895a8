import { TasticError } from "@tastic/errors";
import { afterEach, describe, expect, it } from "vitest";
import { Crew } from "../dist/workers/work-crew.js";
import { InlineHand, WorkerHand, doAtOnce } from "../dist/workers/worker-hand.js";

type Task = string | Uint8Array;
const script = new URL("./programs/moody-worker.mjs", import.meta.url);
let hand: WorkerHand<Task, string>;

function hire(): WorkerHand<Task, string> {
  hand = new WorkerHand(script);
  hand.begin("settings");
  return hand;
}

describe("a worker", () => {
  afterEach(() => hand.close());

  it("answers each task, several at once too, and takes memory over", async () => {
    const bytes = new Uint8Array(1000);
    const answers = await Promise.all([hire().ask("a"), hand.ask(bytes, [bytes.buffer]), hand.ask("b")]);
    expect(answers).toEqual(["settings: a", "settings: 1000", "settings: b"]);
    expect(bytes.length).toBe(0);
  });

  it("passes on what a task raised, and goes on", async () => {
    const [failure, defect, answer] = await Promise.allSettled([
      hire().ask("throw"),
      hand.ask("break"),
      hand.ask("a"),
    ]);
    expect(failure).toMatchObject({
      reason: { code: "no-space", message: "no room", guidance: "Make some." },
    });
    expect(failure.status === "rejected" && failure.reason).toBeInstanceOf(TasticError);
    expect(defect).toMatchObject({ reason: { code: "internal", message: "broken" } });
    expect(answer).toEqual({ status: "fulfilled", value: "settings: a" });
  });

  it("that dies fails what it was asked before and after", async () => {
    const asked = await Promise.allSettled([hire().ask("exit"), hand.ask("a")]);
    for (const outcome of asked) {
      expect(outcome).toMatchObject({ reason: { code: "internal" } });
      expect(outcome.status === "rejected" && String(outcome.reason)).toContain("(code 7)");
    }
    await expect(hand.ask("b")).rejects.toThrow("a worker ended");
  });

  it("refuses a task before its settings", async () => {
    hand = new WorkerHand(script);
    await expect(hand.ask("a")).rejects.toThrow("before its settings");
  });

  it("that cannot start fails what it was asked", async () => {
    hand = new WorkerHand(new URL("./programs/none.mjs", import.meta.url));
    await expect(hand.ask("a")).rejects.toThrow(/none\.mjs/);
  });
});

describe("this thread", () => {
  const log: string[] = [];
  function* steps(task: string): Generator<undefined, string, undefined> {
    for (let step = 0; step < 3; step++) {
      log.push(`${task}${step}`);
      const end = performance.now() + 5;
      while (performance.now() < end);
      if (task === "throw") throw new Error("inline");
      yield;
    }
    return task;
  }

  it("does one task after the other, and lets others in between the steps of each", async () => {
    const here = new InlineHand(steps);
    log.length = 0;
    const failed = expect(here.ask("throw")).rejects.toThrow("inline");
    const answers = Promise.all([here.ask("a"), here.ask("b")]);
    let turns = 0;
    const turn = (): void => {
      turns++;
      timer = setImmediate(turn);
    };
    let timer = setImmediate(turn);
    await failed;
    expect(await answers).toEqual(["a", "b"]);
    clearImmediate(timer);
    expect(log).toEqual(["throw0", "a0", "a1", "a2", "b0", "b1", "b2"]);
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  it("does a task at once where nobody waits", () => {
    expect(doAtOnce(steps, "a")).toBe("a");
    expect(doAtOnce((task: string) => task, "b")).toBe("b");
    expect(() => doAtOnce(steps, "throw")).toThrow("inline");
  });
});

describe("a crew", () => {
  const plan = {
    settings: "settings",
    inline: () => (task: Task) => {
      if (task === "throw") throw new Error("inline");
      return `inline: ${String(task)}`;
    },
    connections: 1,
    pieces: 100,
  };
  let crew: Crew<Task, string>;
  afterEach(() => crew.close());

  it("has this thread and its workers, each with two loops", async () => {
    crew = new Crew(script, 2);
    const answers: string[] = [];
    await crew.run(plan, async (withHand) => {
      answers.push(await withHand((one) => one.ask("a")));
    });
    expect(answers.sort()).toEqual([
      ...Array<string>(2).fill("inline: a"),
      ...Array<string>(4).fill("settings: a"),
    ]);
  });

  it("leaves to this thread what is not enough for several", async () => {
    crew = new Crew(script, 2);
    const answers: string[] = [];
    await crew.run({ ...plan, pieces: 1 }, async (withHand) => {
      answers.push(await withHand((one) => one.ask("a")));
    });
    expect(answers).toEqual(["inline: a", "inline: a"]);
  });

  it("gives a piece to whoever has the fewest", async () => {
    crew = new Crew(script, 1);
    const kinds: string[] = [];
    let first = true;
    await crew.run(plan, async (withHand) => {
      if (!first) return;
      first = false;
      const kind = (one: unknown): void => void kinds.push(one instanceof WorkerHand ? "worker" : "inline");
      await withHand(async (one) => {
        kind(one);
        await withHand(async (other) => kind(other));
        await withHand(async (other) => kind(other));
      });
      await withHand(async (one) => kind(one));
    });
    expect(kinds).toEqual(["worker", "inline", "inline", "worker"]);
  });

  it("ends when one loop fails, and all others have noticed", async () => {
    crew = new Crew(script, 1);
    let failed = 0;
    let ended = 0;
    const run = crew.run(plan, (withHand, isOver) =>
      withHand(async (one) => {
        if (one instanceof InlineHand && failed++ === 0) await one.ask("throw");
        while (!isOver()) await one.ask("a");
        ended++;
      }),
    );
    await expect(run).rejects.toThrow("inline");
    expect(ended).toBe(3);
  });

  it("fails when a worker dies", async () => {
    crew = new Crew(script, 1);
    const run = crew.run(plan, (withHand, isOver) =>
      withHand(async (one) => {
        if (one instanceof WorkerHand) await one.ask("exit");
        while (!isOver()) await one.ask("a");
      }),
    );
    await expect(run).rejects.toMatchObject({ code: "internal" });
  });
});

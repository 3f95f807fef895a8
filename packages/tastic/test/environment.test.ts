import { describe, expect, it } from "vitest";
import { Environment } from "../dist/environment.js";

describe("variables", () => {
  it("are restic's, or ours, which come first", () => {
    const environment = new Environment({
      RESTIC_HOST: "a",
      TASTIC_HOST: "b",
      RESTIC_REPOSITORY: "r",
      TASTIC_CACERT: "c",
    });
    expect(environment.get("HOST")).toBe("b");
    expect(environment.get("REPOSITORY")).toBe("r");
    expect(environment.get("CACERT")).toBe("c");
    expect(environment.get("PASSWORD")).toBeUndefined();
  });

  it("count as not set where they are empty, and ours then hide restic's", () => {
    const environment = new Environment({
      RESTIC_PASSWORD: "secret",
      TASTIC_PASSWORD: "",
      RESTIC_REPOSITORY: "",
    });
    expect(environment.get("PASSWORD")).toBeUndefined();
    expect(environment.get("REPOSITORY")).toBeUndefined();
  });

  it.each([
    [undefined, undefined],
    ["", undefined],
    ["5", 5],
    ["0.5", 0.5],
    ["1000", 60],
    ["0", undefined],
    ["-1", undefined],
    ["often", undefined],
  ])("RESTIC_PROGRESS_FPS=%s", (text, rate) => {
    expect(new Environment({ RESTIC_PROGRESS_FPS: text }).progressRate).toBe(rate);
  });
});

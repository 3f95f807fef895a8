import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { treeOf } from "../../../test/support/trees.js";
import {
  backupNow,
  day,
  emptyFolder,
  ended,
  explain,
  fillHome,
  password,
  startThreebot,
  startWorld,
  token,
} from "./owner-support.js";

describe("the disaster", () => {
  it("3Bot and one server gone: name and password bring all four paths back, and the lost copy with them", async () => {
    const world = await startWorld();
    const first = await startThreebot(world);
    await fillHome(first.home);
    const place = await first.owner.setUpMarketplace({ name: "alice", password, token });
    expect(place.state).toBe("ready");
    for (let round = 1; round <= 3; round++) {
      await fillHome(first.home, round);
      const run = await backupNow(first.owner, "marketplace");
      expect(run.state, await explain(first.owner, run)).toBe("done");
      world.clock.advance(day);
    }
    const before = await treeOf(first.home);
    await first.owner.stop();
    await rm(first.home, { recursive: true });
    await rm(first.stateFolder, { recursive: true });
    await emptyFolder(join(world.servers[0].folder, "alice"));

    const second = await startThreebot(world);
    const from = { place: "marketplace", name: "alice", password } as const;
    const found = await second.owner.findRecoverable(from);
    expect(found.copies.map(({ finding }) => finding.found)).toEqual(["new", "existing"]);
    expect(found.snapshots).toHaveLength(3);
    expect(found.newestComplete).toBe(found.snapshots[0]?.id);
    const run = await ended(second.owner, await second.owner.recover({ from }));
    expect(run.state, await explain(second.owner, run)).toBe("done");
    expect(await treeOf(second.home)).toEqual(before);
    const status = await second.owner.status();
    expect(status.places[0]?.copies.map(({ state, behind }) => [state, behind])).toEqual([
      ["in-step", 0],
      ["in-step", 0],
    ]);
    const snapshots = await second.owner.snapshots("marketplace");
    expect(snapshots.map(({ copies }) => copies)).toEqual(
      snapshots.map(() => ["marketplace-1", "marketplace-2"]),
    );
  });
});

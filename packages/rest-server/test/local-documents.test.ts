/** Documents on a disk that some remove while others write them. */
import { createLocalDocuments, localModes, updateDocument } from "@tastic/rest-server";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";

it("a document is removed while it is written, and written while it is removed: both succeed", async () => {
  const folder = await temporaryFolder();
  // As two processes have it.
  const [writers, removers] = [0, 1].map(() => createLocalDocuments(folder, localModes(false)));
  const rounds = 150;
  let ended = 0;
  let removed = 0;
  const write = async (): Promise<void> => {
    for (let i = 0; i < rounds; i++)
      await updateDocument(writers!, "some/document", (old) => `${Number(old ?? 0) + 1}`);
    ended++;
  };
  const remove = async (): Promise<void> => {
    for (; ended < 2; removed++) {
      await removers!.remove("some/document");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  await Promise.all([write(), write(), remove()]);
  console.log(`${removed} removals while ${2 * rounds} versions were written`);
  expect(removed).toBeGreaterThan(10);
  await removers!.remove("some/document");
  expect(await writers!.read("some/document")).toBeUndefined();
  expect(await updateDocument(writers!, "some/document", () => "1")).toBe("1");
});

import { TasticError } from "@tastic/errors";
import { describe, expect, it } from "vitest";
import { fileError, storageError } from "../dist/system-error.js";

const systemError = (code: string) => Object.assign(new Error(`${code}: said the system`), { code });
const file = { type: "pack", name: "ab".repeat(32) } as const;

describe("an error of the operating system", () => {
  it.each([
    ["ENOENT", "not-found"],
    ["EACCES", "access-denied"],
    ["EPERM", "access-denied"],
    ["EROFS", "access-denied"],
    ["ENOSPC", "no-space"],
    ["EDQUOT", "no-space"],
    ["EMFILE", "storage-failed"],
    ["ENFILE", "storage-failed"],
    ["EIO", "storage-failed"],
    ["ESTALE", "storage-failed"],
  ])("%s becomes %s, with the object's name and guidance", (code, expected) => {
    const cause = systemError(code);
    const error = fileError(cause, "save", file, "/backup");
    expect(error.code).toBe(expected);
    expect(error.message).toMatch(/^cannot save pack abababab… in \/backup: ./);
    expect(error.guidance).toBeTruthy();
    expect(error.data).toEqual({ type: "pack", name: file.name, systemCode: code });
    expect(error.cause).toBe(cause);
  });

  it("keeps what has no code, and errors that are ours already", () => {
    expect(storageError(new Error("odd"), "list", "x").message).toBe("cannot list x: odd");
    const ours = new TasticError("cancelled", "enough");
    expect(storageError(ours, "list", "x")).toBe(ours);
  });
});

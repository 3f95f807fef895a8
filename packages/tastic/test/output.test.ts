import { describe, expect, it } from "vitest";
import { itemText, statusText as backupStatus } from "../dist/output/backup-text.js";
import { statusJson as backupStatusJson } from "../dist/output/backup-json.js";
import { secondsLeft } from "../dist/output/backup-report.js";
import { quoteUnprintable } from "../dist/output/file-name.js";
import { goJson } from "../dist/output/go-json.js";
import { formatFullTime, localZone } from "../dist/output/local-time.js";
import { barLine } from "../dist/output/progress-bar.js";
import type { Context } from "../dist/command.js";
import { Environment } from "../dist/environment.js";
import { Output } from "../dist/output/output.js";
import { ProgressTicker } from "../dist/output/progress-ticker.js";
import { statusText as restoreStatus, summaryText } from "../dist/output/restore-report.js";
import { displayWidth, tableLines } from "../dist/output/table.js";
import { parseReadSubset } from "../dist/read-subset.js";

describe("tables", () => {
  it("are as wide as they must be", () => {
    const columns = [
      { title: "Name", cell: (row: readonly [string, readonly string[]]) => [row[0]] },
      { title: "Things", cell: (row: readonly [string, readonly string[]]) => row[1] },
    ];
    expect(
      tableLines(
        columns,
        [
          ["大小", ["a", "long thing"]],
          ["x", []],
        ],
        { footer: ["2 rows"] },
      ),
    ).toEqual([
      "Name  Things",
      "----------------",
      "大小  a",
      "      long thing",
      "x",
      "----------------",
      "2 rows",
    ]);
    expect(
      tableLines(
        columns,
        [
          ["a", ["b"]],
          ["c", ["d"]],
        ],
        { spaced: true },
      )[3],
    ).toBe("");
  });

  it("count the cells of a terminal", () => {
    expect(["abc", "größe", "日本", "e\u0301", "🙂"].map(displayWidth)).toEqual([3, 5, 4, 1, 2]);
  });
});

describe("progress", () => {
  it("of something countable", () => {
    expect(barLine(3, 9, 20, "packs")).toBe("[0:03] 45.00%  9 / 20 packs");
    expect(barLine(0, 0, 0, "snapshots")).toBe("[0:00]          0 snapshots");
  });

  const progress = {
    totalFiles: 10,
    totalBytes: 4096,
    scanFinished: true,
    filesDone: 3,
    bytesDone: 1024,
    errorCount: 1,
    currentFiles: ["/a"],
  };

  it("of a backup", () => {
    const counting = { ...progress, scanFinished: false };
    expect(backupStatus(progress, 5, 15)).toBe(
      "[0:05] 25.00%  3 files 1.000 KiB, total 10 files 4.000 KiB, 1 errors ETA 0:15",
    );
    expect(backupStatus(counting, 5, undefined)).toBe(
      "[0:05] 3 files 1.000 KiB, total 10 files 4.000 KiB, 1 errors",
    );
    const { totalFiles: _files, totalBytes: _bytes, ...withoutScan } = counting;
    expect(backupStatus(withoutScan, 3600, undefined)).toBe("[1:00:00] 3 files, 1.000 KiB, 1 errors");
    expect(secondsLeft(progress, 5)).toBe(15);
    expect(secondsLeft(counting, 5)).toBeUndefined();
    expect(secondsLeft({ ...progress, bytesDone: 0 }, 5)).toBeUndefined();
  });

  it("of a backup as JSON", () => {
    expect(backupStatusJson(progress, 5.5, 15)).toBe(
      '{"message_type":"status","seconds_elapsed":5,"seconds_remaining":15,"percent_done":0.25,"total_files":10,' +
        '"files_done":3,"total_bytes":4096,"bytes_done":1024,"error_count":1,"current_files":["/a"]}',
    );
    const none = { scanFinished: false, filesDone: 0, bytesDone: 0, errorCount: 0, currentFiles: [] };
    expect(backupStatusJson(none, 0, undefined)).toBe('{"message_type":"status","percent_done":0}');
  });

  it("of an item", () => {
    const item = {
      type: "item",
      path: "/src/a",
      seconds: 0.0041,
      dataSize: 8,
      dataSizeStored: 90,
      treeSize: 700,
      treeSizeStored: 387,
    } as const;
    expect(itemText({ ...item, action: "new", kind: "file" })).toBe(
      "new       /src/a, saved in 0.004s (8 B added, 90 B stored)",
    );
    expect(itemText({ ...item, action: "changed", kind: "dir", path: "/src/" })).toBe(
      "modified  /src/, saved in 0.004s (8 B added, 90 B stored, 387 B metadata)",
    );
    expect(itemText({ ...item, action: "unchanged", kind: "file", path: "/a\nb" })).toBe(
      'unchanged "/a\\nb"',
    );
  });

  const restored = {
    totalFiles: 4,
    filesRestored: 4,
    filesSkipped: 0,
    filesDeleted: 0,
    totalBytes: 14,
    bytesRestored: 14,
    bytesSkipped: 0,
  };

  it("of a restore", () => {
    const result = { ...restored, seconds: 1, errorCount: 0 };
    expect(summaryText(result)).toBe("Summary: Restored 4 files/dirs (14 B) in 0:01");
    expect(summaryText({ ...result, filesRestored: 2, bytesRestored: 7 })).toBe(
      "Summary: Restored 2 / 4 files/dirs (7 B / 14 B) in 0:01",
    );
    expect(summaryText({ ...result, filesSkipped: 1, bytesSkipped: 6, filesDeleted: 3 })).toBe(
      "Summary: Restored 4 files/dirs (14 B) in 0:01, skipped 1 files/dirs 6 B, deleted 3 files/dirs",
    );
    expect(restoreStatus(1, { ...restored, filesRestored: 2, bytesRestored: 7 })).toBe(
      "[0:01] 50.00%  2 files/dirs 7 B, total 4 files/dirs 14 B",
    );
  });
});

describe("text", () => {
  it("quotes names that a terminal would act on", () => {
    expect(quoteUnprintable("/größe/日本 x")).toBe("/größe/日本 x");
    expect(quoteUnprintable("/a\u001b[31m")).toBe('"/a\\x1b[31m"');
    expect(quoteUnprintable('/a"\n')).toBe('"/a\\"\\n"');
  });

  it("writes JSON as Go does", () => {
    expect(goJson({ a: "<&>\u2028", b: undefined, c: "\ud800", d: [1.5, null] })).toBe(
      '{"a":"\\u003c\\u0026\\u003e\\u2028","c":"\ufffd","d":[1.5,null]}',
    );
  });

  it("shows times in the zone that they were noted in", () => {
    expect(formatFullTime("2026-11-23T06:43:21.745051303Z")).toMatch(
      /^2026-11-23 06:43:21\.745051303 \+0000 /,
    );
    expect(formatFullTime("2020-01-01T00:00:00+05:30")).toMatch(/^2020-01-01 00:00:00 \+0530 /);
    expect(formatFullTime("1969-12-31T23:59:59.5-01:00")).toMatch(/^1969-12-31 23:59:59\.5 -0100 /);
  });

  it("names the time zone", () => {
    expect(["Europe/Berlin", ":UTC", "", "nonsense", undefined].map((zone) => localZone(zone))).toEqual([
      "Europe/Berlin",
      "UTC",
      "UTC",
      "UTC",
      process.env["TZ"] === undefined ? "local time" : localZone(),
    ]);
  });
});

describe("output", () => {
  function record(
    options: { json?: boolean; verbosity?: 0 | 1 | 2 | 3; isTTY?: boolean },
    use: (output: Output) => void,
  ): string {
    let said = "";
    const write = (data: string | Uint8Array): void => void (said += Buffer.from(data as string).toString());
    const stdout = { isTTY: options.isTTY ?? false, columns: 20, write };
    const { json = false, verbosity = 1 } = options;
    const output = new Output({ json, verbosity, stdout, stderr: { write } });
    use(output);
    output.flush();
    return said;
  }
  const sayAll = (output: Output): void => {
    output.result("result");
    output.info("info");
    output.verbose("verbose");
    output.detail("detail");
    output.terminalInfo("terminal");
  };

  it("says as much as it was asked for", () => {
    expect(record({ verbosity: 0 }, sayAll)).toBe("result\n");
    expect(record({ verbosity: 1 }, sayAll)).toBe("result\ninfo\n");
    expect(record({ verbosity: 2 }, sayAll)).toBe("result\ninfo\nverbose\n");
    expect(record({ verbosity: 3, isTTY: true }, sayAll)).toBe("result\ninfo\nverbose\ndetail\nterminal\n");
    expect(record({ verbosity: 3, json: true }, sayAll)).toBe("result\n");
  });

  it("keeps text and errors in order", () => {
    const said = record({}, (output) => {
      output.info("one");
      output.error("two");
      output.info("three");
    });
    expect(said).toBe("one\ntwo\nthree\n");
  });

  it("writes names that are no text byte by byte", () => {
    let bytes: Uint8Array = Buffer.alloc(0);
    const write = (data: string | Uint8Array): void => void (bytes = Buffer.from(data as Uint8Array));
    const output = new Output({ json: false, verbosity: 1, stdout: { write }, stderr: { write } });
    output.result("a\udcff");
    output.flush();
    expect([...bytes]).toEqual([0x61, 0xff, 0x0a]);
  });

  it("shows a status only at a terminal, cut to its width, and below all text", () => {
    expect(record({}, (output) => output.status(["status"]))).toBe("");
    const said = record({ isTTY: true }, (output) => {
      output.status(["a status line that is too long", "file"]);
      output.info("text");
      output.flush();
      output.status([]);
    });
    const erased = "\r\u001b[2K\u001b[1A\r\u001b[2K";
    expect(said).toBe(`a status line that \nfile${erased}text\na status line that \nfile${erased}`);
  });
});

describe.skipIf(process.platform === "win32")("a progress ticker", () => {
  function ask(json: boolean, verbosity: 0 | 1): string {
    let said = "";
    const write = (data: string | Uint8Array): void => void (said += String(data));
    const output = new Output({ json, verbosity, stdout: { write }, stderr: { write } });
    const context = { output, environment: new Environment({}) } as unknown as Context;
    const ticker = new ProgressTicker(context, () => ["how far", "details"]);
    process.emit("SIGUSR1");
    ticker.stop();
    process.emit("SIGUSR1");
    output.flush();
    return said;
  }

  it("answers SIGUSR1 until it is stopped", () => {
    expect(ask(false, 1)).toBe("how far\n");
    expect(ask(false, 0)).toBe("how far\n");
    expect(ask(true, 1)).toBe("how far\n");
  });
});

describe("which packs to read", () => {
  it.each([
    ["1/2", { kind: "part", part: 1, of: 2 }],
    ["256/256", { kind: "part", part: 256, of: 256 }],
    ["2.5%", { kind: "percentage", percentage: 2.5 }],
    ["100%", { kind: "percentage", percentage: 100 }],
    ["50M", { kind: "bytes", bytes: 50 * 2 ** 20 }],
  ])("%s", (given, selection) => {
    expect(parseReadSubset(given)).toEqual(selection);
  });

  it.each(["", "0/1", "2/1", "1/257", "0%", "100.1%", "-1%", "x", "1/x", "0", "..%"])("not %s", (given) => {
    expect(() => parseReadSubset(given)).toThrow(/--read-data-subset/);
  });
});

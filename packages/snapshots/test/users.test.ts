import { userInfo } from "node:os";
import { expect, test } from "vitest";
import { createUserNames, loadUserNames } from "../dist/users.js";

const passwd = `root:x:0:0:root:/root:/bin/sh
# comment:x:1:1::/:/bin/false
+nis:x:2:2::/:/bin/sh
bob:x:1000:1000:Bob,,,:/home/bob:/bin/sh
alias:x:1000:1000::/home/bob:/bin/sh
bob:x:1001:1001::/home/other:/bin/sh
ünï:x:1002:1002::/:/bin/sh

short:x:1003
bad:x:one:1::/:/bin/sh
:x:1004:1::/:/bin/sh
huge:x:99999999999:1::/:/bin/sh`;
const group = "root:x:0:\nstaff:x:50:bob,root\nnofields:x:51\n-:x:52:\n";

test("names and numbers are found in either direction, and the first line counts", () => {
  const names = createUserNames(passwd, group);
  expect([0, 1000, 1001, 1002].map((uid) => names.userName(uid))).toEqual(["root", "bob", "bob", "ünï"]);
  expect(names.userId("bob")).toBe(1000);
  expect(names.userId("alias")).toBe(1000);
  expect(names.groupName(50)).toBe("staff");
  expect(names.groupId("staff")).toBe(50);
});

test("lines that are no entries, and what is not there, have no name", () => {
  const names = createUserNames(passwd, group);
  for (const uid of [1, 2, 1003, 1004, 4711]) expect(names.userName(uid)).toBe("");
  for (const gid of [51, 52, 4711]) expect(names.groupName(gid)).toBe("");
  expect(names.userId("nobody-here")).toBeUndefined();
  expect(names.groupId("nobody-here")).toBeUndefined();
  expect(createUserNames("", "").userName(0)).toBe("");
});

test.skipIf(process.platform === "win32")("this system's own names are read", () => {
  const { uid, username } = userInfo();
  const names = loadUserNames();
  expect(names.userName(uid)).toBe(username);
  expect(names.userId(username)).toBe(uid);
});

/**
 * Threat 37: whose code runs here. Every package that is installed is in the lock file with its hash, in one version that
 * was chosen; none runs a script when it is installed; and what users get needs a short list, which is this one.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const text = (path: string): Promise<string> => readFile(join(root, path), "utf8");

/** What users' machines run beside our own code, and what for. Another one is a decision: it belongs in here, too. */
const runtime: Readonly<Record<string, string>> = {
  "@aws-sdk/client-s3": "S3",
  "@aws-sdk/credential-providers": "where AWS keeps keys",
  "@hono/node-server": "HTTP of the 3Bot side",
  "@noble/ciphers": "the portable half of the cryptography",
  "@noble/hashes": "the portable half of the cryptography",
  "@valibot/to-json-schema": "the description of the HTTP interface",
  "@zxcvbn-ts/core": "how strong a password is",
  "@zxcvbn-ts/language-common": "how strong a password is",
  "@zxcvbn-ts/language-en": "how strong a password is",
  bcryptjs: "passwords of the backup servers",
  croner: "times of a schedule",
  "fastcdc-wasm": "another chunker",
  hono: "HTTP of the 3Bot side",
  "http-proxy-agent": "proxies",
  "https-proxy-agent": "proxies",
  ignore: "excludes by .gitignore",
  nodemailer: "mail",
  otpauth: "codes of authenticators",
  "prom-client": "metrics",
  read: "typing a password",
  sax: "the XML of WebDAV",
  "scrypt-js": "the portable half of the cryptography",
  "smol-toml": "the file of profiles",
  valibot: "checking what comes in",
};

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

async function manifests(): Promise<Manifest[]> {
  const entries = await readdir(join(root, "packages"), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory());
  const paths = ["package.json", ...folders.map(({ name }) => join("packages", name, "package.json"))];
  return Promise.all(paths.map(async (path) => JSON.parse(await text(path)) as Manifest));
}

it("threat 37: what is installed is locked by its hash, in exact versions, from the registry alone", async () => {
  const lock = await text("pnpm-lock.yaml");
  const packages = lock.slice(lock.indexOf("\npackages:\n"), lock.indexOf("\nsnapshots:\n"));
  const entries = packages.split(/\n(?= {2}\S)/).slice(1);
  expect(entries.length).toBeGreaterThan(100);
  for (const entry of entries) {
    const [name = ""] = entry.trim().split("\n");
    expect(entry, name).toMatch(/resolution: \{integrity: sha512-[A-Za-z0-9+/]+={0,2}\}/);
    expect(entry, name).not.toMatch(/tarball:|git\+|github:|requiresBuild: true/);
  }
  console.log(`${entries.length} packages are locked`);
  const workspace = await text("pnpm-workspace.yaml");
  const catalog = workspace.slice(workspace.indexOf("\ncatalog:\n"));
  const chosen = [...catalog.matchAll(/^ {2}"?(@?[\w./-]+)"?: (\S+)$/gm)];
  expect(chosen.length).toBeGreaterThan(20);
  for (const [, name, version] of chosen)
    expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  for (const { name, dependencies, devDependencies, optionalDependencies } of await manifests()) {
    for (const [on, version] of Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    }))
      expect([name, on, version]).toEqual([name, on, expect.stringMatching(/^(?:catalog|workspace):/)]);
  }
});

it("threat 37: nothing runs when it is installed, and what users get needs nothing that nobody decided on", async () => {
  const all = await manifests();
  // pnpm runs scripts of packages only where a list allows it.
  expect(await text("pnpm-workspace.yaml")).not.toMatch(
    /onlyBuiltDependencies|allowBuilds|dangerouslyAllowAllBuilds/,
  );
  for (const { name, scripts = {} } of all) {
    const atInstall = Object.keys(scripts).filter((script) =>
      /^(?:pre|post)?(?:install|prepare)$/.test(script),
    );
    expect([name, atInstall]).toEqual([name, []]);
  }
  const needed = new Set<string>();
  for (const { dependencies = {} } of all)
    for (const [name, version] of Object.entries(dependencies)) if (version === "catalog:") needed.add(name);
  expect([...needed].sort()).toEqual(Object.keys(runtime).sort());
});

import { formatS3Location, parseS3Location } from "@tastic/storage-s3";
import { isTasticError } from "@tastic/errors";
import { describe, expect, it } from "vitest";
// Not public: where requests go.
import { endpointUrl, regionOfHost, usesPathStyle } from "../dist/endpoint.js";

describe("a location", () => {
  it.each<[string, string, boolean, string, string]>([
    ["s3:s3.amazonaws.com/bucket", "s3.amazonaws.com", true, "bucket", ""],
    ["s3:s3.amazonaws.com/bucket/", "s3.amazonaws.com", true, "bucket", ""],
    ["s3:s3.amazonaws.com/bucket/a/b/", "s3.amazonaws.com", true, "bucket", "a/b"],
    ["s3://s3.amazonaws.com/bucket/a", "s3.amazonaws.com", true, "bucket", "a"],
    ["s3:http://127.0.0.1:9000/bucket", "127.0.0.1:9000", false, "bucket", ""],
    ["s3:http://[::1]:9000/bucket/a", "[::1]:9000", false, "bucket", "a"],
    ["s3:https://host:443/bucket/a//b/./c/../d", "host:443", true, "bucket", "a/b/d"],
    ["s3:https://host/bucket/a%20b%2Fc", "host", true, "bucket", "a b/c"],
    ["s3:host/bucket/a%20b?", "host", true, "bucket", "a%20b?"],
    ["s3:host/bucket//a", "host", true, "bucket", "/a"],
    ["s3:host/bucket/./", "host", true, "bucket", ""],
    ["s3:httpserver/Old_Bucket/a", "httpserver", true, "Old_Bucket", "a"],
  ])("%s", (text, endpoint, useHttps, bucket, prefix) => {
    const location = parseS3Location(text);
    expect(location).toEqual({ endpoint, useHttps, bucket, prefix });
    if (!prefix.includes("%")) expect(parseS3Location(formatS3Location(location))).toEqual(location);
  });

  it.each([
    ["s3:", /host\/region or bucket name not found/],
    ["s3:host", /no bucket/],
    ["s3:host/", /no bucket/],
    ["s3:http://host", /no bucket/],
    ["s3:http:///bucket", /no host/],
    ["s3:https://ho st/bucket", /"ho st" is no host/],
    ["s3:https://host:port/bucket", /is no host/],
    ["s3:host/b", /can be named "b"/],
    ["s3:host/bucket%20name", /can be named/],
    ["s3:host/bu..cket", /can be named/],
    ["s3:host/bucket/../other", /leaves the bucket/],
    ["s3:https://host/bucket/a%zz", /percent sign/],
    ["s3:https://host/bucket/a?b", /escaped/],
    ["rest:https://host/bucket", /does not begin with s3:/],
    ["s3:https://user:canary-secret@host/bucket", /user name or password/],
  ])("is not %s", (text, words) => {
    const error = thrown(() => parseS3Location(text));
    if (!isTasticError(error, "invalid-argument"))
      throw new Error("expected invalid-argument", { cause: error });
    expect(error.message).toMatch(words);
    expect(error.guidance).toBeTruthy();
    expect(`${error.message} ${error.guidance}`).not.toContain("canary-secret");
  });

  it.each([
    ["s3.amazonaws.com", undefined, "https://s3.eu-west-1.amazonaws.com"],
    ["s3.eu-central-1.amazonaws.com", "eu-central-1", "https://s3.eu-west-1.amazonaws.com"],
    ["s3-us-gov-west-1.amazonaws.com", "us-gov-west-1", "https://s3-eu-west-1.amazonaws.com"],
    ["s3.dualstack.us-west-2.amazonaws.com", "us-west-2", "https://s3.dualstack.eu-west-1.amazonaws.com"],
    ["s3.cn-north-1.amazonaws.com.cn", "cn-north-1", "https://s3.eu-west-1.amazonaws.com.cn"],
    ["s3.amazonaws.com.evil.example", undefined, "https://s3.amazonaws.com.evil.example"],
    ["minio.example:9000", undefined, "https://minio.example:9000"],
  ])("at %s, in which region, and where when it is another", (endpoint, region, elsewhere) => {
    const location = parseS3Location(`s3:${endpoint}/bucket`);
    expect(regionOfHost(location)).toBe(region);
    expect(endpointUrl(location, "eu-west-1")).toBe(elsewhere);
  });

  it.each([
    ["s3:s3.amazonaws.com/bucket", "auto", false],
    ["s3:s3.amazonaws.com/bucket.name", "auto", true],
    ["s3:http://s3.amazonaws.com/bucket.name", "auto", false],
    ["s3:s3.amazonaws.com/Bucket", "auto", true],
    ["s3:s3.amazonaws.com/bucket", "path", true],
    ["s3:minio.example/bucket", "auto", true],
    ["s3:minio.example/bucket", "dns", false],
  ] as const)("%s, looked up by %s: in the path? %s", (text, lookup, inPath) => {
    expect(usesPathStyle(parseS3Location(text), lookup)).toBe(inPath);
  });
});

function thrown(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

import { describe, expect, test } from "vitest";
import { type Link, bucketOf, codeOf, pair, permissionFor, send, serverOf } from "../src/link";

const LINK: Link = { server: "http://127.0.0.1:1", bucket: "b", token: "t", hostname: "h", browser: "x" };
const BEAT = { at: 0, lasts: 1_500, data: { url: "u", title: "", audible: false, incognito: false, tabCount: 1 } };

const STORED = { id: 1, timestamp: "1970-01-01T00:00:00+00:00", duration: 1.5, data: {} };

function answering(...answers: (readonly [number, unknown] | "nobody")[]) {
  const asked: { url: string; options: RequestInit }[] = [];
  const fetch = async (url: string, options: RequestInit): Promise<Response> => {
    asked.push({ url, options });
    const answer = answers.shift() ?? "nobody";
    if (answer === "nobody") throw new TypeError("refused");
    const [status, body] = answer;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return new Response(status === 304 ? null : text, { status, headers: { "Retry-After": "7" } });
  };
  return { asked, fetch };
}

describe("sending", () => {
  test("says when it began, how long it lasted, and shows the token nowhere but in the header", async () => {
    const { asked, fetch } = answering([200, STORED]);
    expect(await send(fetch, LINK, BEAT)).toEqual({ kind: "stored" });
    expect(asked[0]?.url).toBe("http://127.0.0.1:1/api/0/buckets/b/heartbeat?pulsetime=1");
    expect(JSON.parse(String(asked[0]?.options.body))).toEqual({
      timestamp: "1970-01-01T00:00:00.000Z",
      duration: 1.5,
      data: BEAT.data,
    });
    expect(asked[0]?.options).toMatchObject({ credentials: "omit", redirect: "error" });
  });

  test("makes the bucket where there is none", async () => {
    const { asked, fetch } = answering([404, { code: "no_such_bucket" }], [200, {}], [200, STORED]);
    expect(await send(fetch, LINK, BEAT)).toEqual({ kind: "stored" });
    expect(asked.map(({ url }) => url.split("/").at(-1))).toEqual(["heartbeat?pulsetime=1", "b", "heartbeat?pulsetime=1"]);
  });

  test.each([
    ["nobody" as const, { kind: "later", why: "unreachable" }],
    [[500, ""] as const, { kind: "later", why: "status_500", seconds: 7 }],
    [[503, { code: "unavailable" }] as const, { kind: "later", why: "unavailable" }],
    [[429, { code: "too_fast" }] as const, { kind: "later", seconds: 7 }],
    [[401, { code: "token_refused" }] as const, { kind: "unpaired" }],
    [[403, { code: "scope_missing" }] as const, { kind: "unpaired" }],
    [[403, { code: "cross_site" }] as const, { kind: "later", why: "cross_site" }],
    [[400, { code: "host_not_allowed" }] as const, { kind: "later" }],
    [[400, { code: "data_too_large" }] as const, { kind: "rejected", why: "data_too_large" }],
    [[400, "<html>"] as const, { kind: "later", why: "status_400" }],
    [[200, "<html>another program"] as const, { kind: "later", why: "not_hourloom" }],
    [[200, { fine: true }] as const, { kind: "later", why: "not_hourloom" }],
    [[200, { ...STORED, id: null }] as const, { kind: "stored" }],
  ])("%j", async (answer, expected) => {
    expect(await send(answering(answer).fetch, LINK, BEAT)).toMatchObject(expected);
  });
});

describe("pairing", () => {
  const wanted = { server: LINK.server, code: "abcd-2345", browser: "firefox", profile: "", computer: "" };

  test("gives a link for our own bucket, named after the computer", async () => {
    const { asked, fetch } = answering([200, { hostname: "tower" }], [200, { secret: "s" }]);
    expect(await pair(fetch, wanted)).toEqual({
      server: LINK.server,
      bucket: "hourloom-web-firefox_tower",
      token: "s",
      hostname: "tower",
      browser: "firefox",
    });
    expect(JSON.parse(String(asked[1]?.options.body))).toEqual({ code: "ABCD2345", bucket: "hourloom-web-firefox_tower" });
  });

  test.each([
    [[401, {}] as const, "wrong_code"],
    [[429, {}] as const, "too_many_tries"],
    [[403, {}] as const, "not_hourloom"],
    [[200, { secret: 3 }] as const, "not_hourloom"],
    [[200, "<html>"] as const, "not_hourloom"],
    ["nobody" as const, "unreachable"],
  ])("%j is told apart", async (answer, why) => {
    await expect(pair(answering([401, {}], answer).fetch, wanted)).rejects.toMatchObject({ why });
  });

  test("asks nobody with what cannot be a code", async () => {
    const { asked, fetch } = answering();
    await expect(pair(fetch, { ...wanted, code: "ABCD" })).rejects.toMatchObject({ why: "not_a_code" });
    expect(asked).toEqual([]);
  });

  test("another computer's name is not ours", async () => {
    const { asked, fetch } = answering([200, { secret: "s" }]);
    const link = await pair(fetch, { ...wanted, server: "https://hours.example", computer: "My laptop" });
    expect(link.bucket).toBe("hourloom-web-firefox_My-laptop");
    expect(asked.length).toBe(1);
  });
});

test("names become words that fit into a scope", () => {
  expect(bucketOf("firefox", "Büro, 2", "a b\n,c")).toBe("hourloom-web-firefox-Bu-ro-2_a-b-c");
  expect(bucketOf("firefox", "", "")).toBe("hourloom-web-firefox_unknown");
});

test("codes and addresses are taken as people type them", () => {
  expect(codeOf(" abcd efgh ")).toBe("ABCDEFGH");
  expect(codeOf("ABCDEFG1")).toBeNull();
  expect(serverOf("127.0.0.1:5700/")).toBe("http://127.0.0.1:5700");
  expect(serverOf("https://hours.example/x")).toBe("https://hours.example");
  expect(serverOf("ftp://x")).toBeNull();
  expect(serverOf("http://me:pw@x")).toBeNull();
  expect(permissionFor("http://127.0.0.1:5700")).toBe("http://127.0.0.1/*");
});

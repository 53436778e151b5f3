import { expect, test } from "vitest";
import { Handlers, VERSION } from "../src/message";

const handlers = new Handlers().on("unpair", async () => ({})).on("status", async () => {
  throw new Error("a secret");
});

test("each kind has its handler", async () => {
  expect(await handlers.answer({ version: VERSION, kind: "unpair", ask: {} })).toEqual({ version: VERSION, answer: {} });
  expect(() => handlers.on("unpair", async () => ({}))).toThrow();
});

test.each([
  [{ version: VERSION + 1, kind: "unpair" }, "other_version"],
  [{ version: VERSION, kind: "constructor" }, "unknown_kind"],
  [{ version: VERSION, kind: "status" }, "failed"],
  [null, "other_version"],
  ["status", "other_version"],
])("%j is answered with %s", async (message, error) => {
  expect(await handlers.answer(message)).toEqual({ version: VERSION, error });
});

import { expect, test } from "vitest";
import { begun, isPlain, sent } from "./rule";

test("a rule begins with what was seen", () => {
  expect(begun('{"domain":"a.example"}').conditions).toEqual([{ field: "domain", form: "equals", text: "a.example" }]);
  expect(begun('{"title":"x","app":"code"}').conditions).toHaveLength(2);
});

test("nonsense in the address begins an empty rule", () => {
  for (const text of [null, "", "{", "7", '{"app":5}', '{"nothing":"x"}']) {
    expect(begun(text).conditions).toEqual([{ field: "title", form: "words", text: "" }]);
  }
});

test("conditions of time are for the command line", () => {
  expect(isPlain({ field: "time" })).toBe(false);
  expect(isPlain({})).toBe(true);
});

test("numbers and places are the server's", () => {
  expect(sent({ id: 4, position: 2, name: "x", conditions: [] })).toEqual({ name: "x", conditions: [] });
});

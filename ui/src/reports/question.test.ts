import { expect, test } from "vitest";
import { addressOf, questionOf } from "./question";

test("an address is read back as it was written", () => {
  const question = { range: "month", date: "2026-03-02", by: "app", then: "title", compare: true, where: { category: "2", title: "a & b" } };
  expect(questionOf(new URL(addressOf(question), "http://x").searchParams)).toEqual(question);
});

test("what is usual is left out", () => {
  expect(addressOf(questionOf(new URLSearchParams()))).toBe("/reports");
});

test("a filter is put over the others or taken away", () => {
  const question = questionOf(new URLSearchParams("app=code&device=1"));
  expect(addressOf(question, {}, { app: "firefox" })).toBe("/reports?app=firefox&device=1");
  expect(addressOf(question, {}, { app: "" })).toBe("/reports?device=1");
});

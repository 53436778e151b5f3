import { describe, expect, it } from "vitest";
import type { PrivacyRule } from "../api/types.gen";
import { draftOf, inWords, meetsEverything, moved, ruleOf, treatmentOf } from "./privacy";

const CHAT: PrivacyRule = { id: 3, enabled: true, name: "chat", where: "app", form: "is", pattern: "Signal", field: null, bucket_types: [], private: null, times: { starts: "09:00", ends: "17:30", weekdays: [1, 2] }, action: "redact", fields: { title: "replace" }, replacement: "chatting" };

describe("privacy rules in a form", () => {
  it("come out as they went in", () => {
    const { id, ...rest } = CHAT;
    expect(ruleOf(draftOf(CHAT))).toEqual(rest);
    expect(ruleOf(draftOf({ ...CHAT, where: "field", field: "project", private: false, times: null }))).toMatchObject({ where: "field", field: "project", private: false, times: null });
  });

  it("know the usual treatments of fields", () => {
    expect(treatmentOf({})).toBe("all");
    expect(treatmentOf({ url: "origin", title: "replace" })).toBe("both");
    expect(treatmentOf({ file: "remove" })).toBe("own");
  });

  it("say when they would meet everything", () => {
    expect(meetsEverything(draftOf())).toBe(true);
    expect(meetsEverything(draftOf(CHAT))).toBe(false);
    expect(meetsEverything({ ...draftOf(), private: "yes" })).toBe(false);
  });

  it("are told in words", () => {
    expect(inWords(CHAT)).toBe("App is “Signal” · 09:00–17:30");
    expect(inWords({ private: true })).toBe("Everything · in private windows");
  });
});

it("moves one of an order up and down, and not beyond its ends", () => {
  expect(moved([1, 2, 3], 1, -1)).toEqual([2, 1, 3]);
  expect(moved([1, 2, 3], 2, 1)).toEqual([1, 2, 3]);
});

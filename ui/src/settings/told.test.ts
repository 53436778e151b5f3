import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { doesOf, labelOf, operationName, SETTINGS } from "./told";

it("has a name and a German explanation for every setting of the server", () => {
  const documented = [...readFileSync("../docs/settings.md", "utf8").matchAll(/^\| `(\w+)` \| `/gm)].map((found) => found[1]);
  expect(documented.length).toBeGreaterThan(15);
  expect(documented.filter((name) => !SETTINGS[name!])).toEqual([]);
});

it("falls back to plain names for what it does not know", () => {
  expect(labelOf("some_new_setting", "de")).toBe("Some new setting");
  expect(operationName("change_moon", "en")).toBe("Change moon");
  expect(doesOf({ name: "some_new_setting", description: "Does it." }, "de")).toBe("Does it.");
});

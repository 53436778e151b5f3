import { expect, test } from "vitest";
import { heaped, MOST_LAYERS, piled } from "./piles";

test("layers have one order and add up to the day", () => {
  const part = (key: string | null, seconds: number) => ({ key, seconds, where: { range: "x", category: key ?? "none" } });
  const { layers, piles, most } = piled(
    [
      { key: "b", seconds: 30, where: {}, before_seconds: 9000, rows: [part("Mail", 20), part(null, 10)] },
      { key: "a", seconds: 50, where: {}, rows: [part("Work", 50), part("Mail", 0)] },
    ],
    ["a", "b", "c"],
  );
  expect(layers.map((layer) => [layer.key, layer.seconds, layer.where])).toEqual([
    ["Work", 50, { category: "Work" }], ["Mail", 20, { category: "Mail" }], [null, 10, { category: "none" }],
  ]);
  expect(piles.map((pile) => pile.segments.map((each) => [each.layer, each.from, each.seconds]))).toEqual([[[0, 0, 50]], [[1, 0, 20], [2, 20, 10]], []]);
  expect(most).toBe(9000);
});

test("layers beyond the most are one, and each pile is as high as its whole", () => {
  const rows = Array.from({ length: 20 }, (_, index) => ({ key: `k${index}`, seconds: 100 - index, where: {} }));
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  const { layers, piles } = piled([{ key: "a", seconds, where: { range: "a" }, rows }], ["a"], true);
  expect(layers.length).toBe(MOST_LAYERS);
  expect(layers.at(-1)).toMatchObject({ others: true, where: null });
  expect(layers.slice(0, 2).map((layer) => layer.color)).toEqual(["slot1", "slot2"]);
  const top = piles[0]!.segments.at(-1)!;
  expect([top.from + top.seconds, top.where]).toEqual([seconds, { range: "a" }]);
});

test("without a second group there is one layer", () => {
  const { layers, piles } = heaped([{ key: "a", seconds: 70, where: { day: "a" } }], ["a", "b"]);
  expect([layers.length, piles.map((pile) => pile.segments.length)]).toEqual([1, [1, 0]]);
});

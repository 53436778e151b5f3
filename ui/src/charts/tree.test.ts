import { expect, test } from "vitest";
import { MOST_PARTS, standings, stepped, treeOf, type Node, type Row } from "./tree";

const words = { unassigned: () => "Not assigned", itself: (name: string) => `${name} itself`, more: (count: number) => `${count} more` };
const row = (key: string | null, seconds: number, more: Partial<Row> = {}): Row => ({ key, seconds, where: { key: String(key) }, ...more });
const known = [
  { id: 1, path: ["Work"], color_in_force: "slot1" },
  { id: 2, path: ["Work", "Code"], color_in_force: "slot1" },
];
const told = (at: Node): unknown => (at.children.length ? { [at.name]: at.children.map(told) } : at.name);

test("categories lie in one another, and what is directly in one stands beside what is below", () => {
  const root = treeOf([row("Work > Code", 60, { color: "slot1" }), row("Work", 20, { color: "slot1" }), row(null, 10)], { rows: 3, seconds: 10 }, known, words);
  expect(root.children.map(told)).toEqual([{ Work: ["Code", "Work itself"] }, "Not assigned", "3 more"]);
  expect(root.seconds).toBe(100);
  const work = root.children[0]!;
  expect([work.seconds, work.where, work.color]).toEqual([80, { category: "1" }, "slot1"]);
  expect(work.children.map((each) => each.full)).toEqual(["Work › Code", "Work itself"]);
});

test("neighbours and what they lie in have different places in their colour", () => {
  const root = treeOf([row("A", 5, { rows: [row("x", 3), row("y", 2)] }), row("B", 4)], null, null, words);
  expect(root.children.map((each) => [each.color, each.place])).toEqual([["slot1", 0], ["slot2", 0]]);
  expect(root.children[0]!.children.map((each) => [each.color, each.place])).toEqual([["slot1", 1], ["slot1", 2]]);
});

test("what is too little or too much is one part, and the sum stays", () => {
  const root = treeOf(Array.from({ length: 400 }, (_, index) => row(`a${index}`, 400 - index)), null, null, words);
  expect(root.children.length).toBe(MOST_PARTS + 1);
  expect(root.children.at(-1)!.name).toBe(`${400 - MOST_PARTS} more`);
  expect(root.children.reduce((sum, each) => sum + each.seconds, 0)).toBe(root.seconds);
});

test("what was left out and what is too little are one rest", () => {
  const rows = [row("A", 900, { rows: [row("x", 600), row("y", 1), row("z", 1)], rest: { rows: 7, seconds: 298 } })];
  const a = treeOf(rows, null, null, words).children[0]!;
  expect(a.children.map((each) => [each.name, each.seconds, each.rows])).toEqual([["x", 600, 0], ["9 more", 300, 9]]);
});

test("the arrows go across, out and in, and nowhere from the edge", () => {
  type Laid = { parent: Laid | null; children: Laid[] };
  const root: Laid = { parent: null, children: [] };
  const made = (parent: Laid): Laid => (parent.children.push({ parent, children: [] }), parent.children.at(-1)!);
  const [a, b] = [made(root), made(root)];
  const inner = made(a);
  const places = standings([a, b, inner]);
  expect(stepped(places[0], "ArrowRight")).toBe(1);
  expect(stepped(places[1], "ArrowRight")).toBe(0);
  expect(stepped(places[0], "ArrowDown")).toBe(2);
  expect(stepped(places[2], "ArrowUp")).toBe(0);
  expect(stepped(places[0], "ArrowUp")).toBeUndefined();
  expect(stepped(places[2], "End")).toBe(2);
  expect(stepped(places[0], "x")).toBeUndefined();
});

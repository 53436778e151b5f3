/** Time as a tree: categories within categories, groups within groups, as the sunburst and the tree map draw it. */

export type Row = { key: string | null; seconds: number; color?: string; where: Record<string, string>; rows?: Row[]; rest?: Rest | null };
export type Rest = { rows: number; seconds: number };
/** A category as it is known: its path says where it stands, and its number what is asked for. */
export type Known = { id: number; path: string[]; color_in_force: string | null };

export type Node = {
  name: string;
  /** With the names of what it lies in, for who hears it alone. */
  full: string;
  seconds: number;
  color: string | null;
  /** Which shade of its colour it has: another than what it lies in and what stands beside it. */
  place: number;
  /** What to ask to see what is behind it; null of the rest, which has its own way. */
  where: Record<string, string> | null;
  /** By which of the two keys it is grouped. */
  level: 0 | 1;
  /** How many rows it stands for, if it is the rest of them. */
  rows: number;
  /** Nobody knows what it is: it is hatched. */
  unassigned: boolean;
  children: Node[];
};

export const SEPARATOR = " > ";
const SLOTS = 8;
/** More parts than these are one; so is what is less than this share of the whole. */
export const MOST_PARTS = 16;
const LEAST_SHARE = 0.004;

export type Words = { unassigned: (level: 0 | 1) => string; itself: (name: string) => string; more: (count: number) => string };

const node = (name: string, full: string, seconds: number, where: Node["where"], level: 0 | 1, color: string | null, more: Partial<Node> = {}): Node => ({
  name, full, seconds, where, level, color, place: 0, rows: 0, unassigned: false, children: [], ...more,
});

/** Make the tree of a report's rows; where they are categories, `known` says what lies in what. */
export function treeOf(rows: readonly Row[], rest: Rest | null | undefined, known: readonly Known[] | null, words: Words): Node {
  const root = node("", "", 0, null, 0, null);
  const inner = new Map<string, Node>();
  const colors = new Map(known?.map((each) => [each.path.join(SEPARATOR), each]));
  // Where nothing has a colour of its own, the longest have one each.
  const ranked = known ? [] : rows.filter((row) => row.key !== null).slice(0, SLOTS);

  const within = (path: string[]): Node => {
    if (!path.length) return root;
    const name = path.join(SEPARATOR);
    const before = inner.get(name);
    if (before) return before;
    const found = colors.get(name);
    const made = node(path.at(-1)!, path.join(" › "), 0, found ? { category: String(found.id) } : null, 0, found?.color_in_force ?? null);
    inner.set(name, made);
    within(path.slice(0, -1)).children.push(made);
    return made;
  };

  const paths = rows.map((row) => (known && row.key !== null ? row.key.split(SEPARATOR) : null));
  const above = new Set(paths.flatMap((path) => (path ?? []).slice(1).map((_, depth) => path!.slice(0, depth + 1).join(SEPARATOR))));
  for (const [index, row] of rows.entries()) {
    if (row.seconds <= 0) continue;
    const path = paths[index];
    const rank = ranked.indexOf(row);
    const color = row.color ?? (rank < 0 ? null : `slot${rank + 1}`);
    let place: Node;
    if (path && above.has(row.key!)) {
      // What is directly in a category stands beside what is below it.
      place = node(words.itself(path.at(-1)!), words.itself(path.join(" › ")), row.seconds, row.where, 0, color);
      within(path).children.push(place);
    } else {
      const name = row.key === null ? words.unassigned(0) : (path?.at(-1) ?? row.key);
      place = node(name, path?.join(" › ") ?? name, row.seconds, row.where, 0, color, { unassigned: row.key === null });
      within(path?.slice(0, -1) ?? []).children.push(place);
    }
    for (const part of row.rows ?? []) {
      if (part.seconds <= 0) continue;
      const name = part.key ?? words.unassigned(1);
      place.children.push(node(name, `${place.full} › ${name}`, part.seconds, part.where, 1, color, { unassigned: part.key === null }));
    }
    if (row.rest) place.children.push(node("", "", row.rest.seconds, row.where, 0, color, { rows: row.rest.rows }));
  }
  if (rest) root.children.push(node("", "", rest.seconds, null, 0, null, { rows: rest.rows }));
  summed(root);
  trimmed(root, root.seconds * LEAST_SHARE, words);
  shaded(root, 0);
  return root;
}

function summed(at: Node): number {
  if (at.children.length) at.seconds = at.children.reduce((sum, each) => sum + summed(each), 0);
  at.color ??= at.children.reduce<Node | null>((most, each) => (!most || each.seconds > most.seconds ? each : most), null)?.color ?? null;
  return at.seconds;
}

/** Order the parts, the longest first, and gather what is too little to be seen with what was left out. */
function trimmed(at: Node, least: number, words: Words): void {
  const parts = at.children.filter((each) => !each.rows).sort((a, b) => b.seconds - a.seconds);
  let kept = parts.filter((each, index) => index < MOST_PARTS && each.seconds >= least);
  const rest = at.children.filter((each) => each.rows);
  // One alone is no more to see than the rest that it would be.
  if (parts.length === kept.length + 1 && !rest.length) kept = parts;
  const left = [...parts.slice(kept.length), ...rest];
  const rows = left.reduce((sum, each) => sum + (each.rows || 1), 0);
  if (left.length) {
    const name = words.more(rows);
    const seconds = left.reduce((sum, each) => sum + each.seconds, 0);
    kept = [...kept, node(name, at.full ? `${at.full} › ${name}` : name, seconds, at.where, 0, at.color, { rows })];
  }
  at.children = kept;
  for (const each of at.children) trimmed(each, least, words);
}

function shaded(at: Node, place: number): void {
  at.place = place;
  const top = at.name === "";
  for (const [index, each] of at.children.entries()) shaded(each, top ? (each.color ? 0 : index) : place + 1 + index);
}

/** Where a part stands: the places of what it lies in, of its first part, and of those beside it. */
export type Standing = { parent: number; first: number; before: number; after: number; begin: number; end: number };

/** Return where to go from a part by a key: across those beside it, out to its first part, in to what it lies in. */
export function stepped(at: Standing | undefined, key: string, across: [string, string] = ["ArrowRight", "ArrowLeft"]): number | undefined {
  if (!at) return undefined;
  const to = { [across[0]]: at.after, [across[1]]: at.before, ArrowDown: at.first, ArrowUp: at.parent, Home: at.begin, End: at.end }[key];
  return to === undefined || to < 0 ? undefined : to;
}

type Laid = { parent: Laid | null; children?: Laid[] };

/** Return where each of the parts stands among them; what is not drawn is no place to go to. */
export function standings<T extends Laid>(parts: readonly T[]): Standing[] {
  const places = new Map<Laid, number>(parts.map((part, index) => [part, index]));
  return parts.map((part) => {
    const beside = (part.parent?.children ?? [part]).map((each) => places.get(each) ?? -1).filter((each) => each >= 0);
    const own = beside.indexOf(places.get(part)!);
    const below = (part.children ?? []).map((each) => places.get(each) ?? -1).find((each) => each >= 0);
    return {
      parent: part.parent ? (places.get(part.parent) ?? -1) : -1,
      first: below ?? -1,
      before: beside.at(own - 1)!,
      after: beside[(own + 1) % beside.length]!,
      begin: beside[0]!,
      end: beside.at(-1)!,
    };
  });
}

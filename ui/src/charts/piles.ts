/** A report by a unit of time, then by something, as piles of layers. */

export type Where = Record<string, string>;
type Row = { key: string | null; seconds: number; color?: string; where: Where; before_seconds?: number; rows?: Row[]; rest?: { rows: number; seconds: number } | null };
/** What has the same colour in each pile; of more than one kind where there were too many. */
export type Layer = { key: string | null; color: string | null; seconds: number; where: Where | null; others?: true };
export type Segment = { layer: number; from: number; seconds: number; where: Where };
export type Pile = { key: string; seconds: number; before: number; where: Where | null; segments: Segment[] };
export type Piles = { layers: Layer[]; piles: Pile[]; most: number };

const HOUR = 3600;
const SLOTS = 8;
/** One kind more than these makes the others one layer. */
export const MOST_LAYERS = 8;

/**
 * Pile up the rows of each key: the layers have the same order on each, the longest of all lowest. What has no
 * colours of its own is `ranked`: each layer gets one.
 */
export function piled(rows: readonly Row[], keys: readonly string[], ranked = false): Piles {
  const found = new Map<string | null, Layer>();
  for (const row of rows.flatMap((each) => each.rows ?? [])) {
    const { range: _range, ...where } = row.where;
    const layer = found.get(row.key) ?? { key: row.key, color: row.color ?? null, seconds: 0, where };
    layer.seconds += row.seconds;
    found.set(row.key, layer);
  }
  const ordered = [...found.values()].filter((layer) => layer.seconds > 0).sort((a, b) => b.seconds - a.seconds);
  const cut = rows.some((row) => row.rest);
  const kept = ordered.length > MOST_LAYERS || cut ? ordered.slice(0, MOST_LAYERS - 1) : ordered;
  const layers = !ranked ? kept : kept.map((layer, rank) => (layer.key === null ? layer : { ...layer, color: `slot${(rank % SLOTS) + 1}` }));
  const piles = keys.map((key) => {
    const row = rows.find((each) => each.key === key);
    let from = 0;
    const segments = layers.flatMap((layer, place) => {
      const part = row?.rows?.find((each) => each.key === layer.key);
      if (!part?.seconds) return [];
      from += part.seconds;
      return [{ layer: place, from: from - part.seconds, seconds: part.seconds, where: part.where }];
    });
    const seconds = row?.seconds ?? 0;
    // A pile is as high as its whole, whatever of it has a layer.
    if (row && row.rows && seconds - from >= 1) segments.push({ layer: layers.length, from, seconds: seconds - from, where: row.where });
    return { key, seconds, before: row?.before_seconds ?? 0, where: row?.where ?? null, segments };
  });
  const left = piles.flatMap((pile) => pile.segments).filter((each) => each.layer === layers.length).reduce((sum, each) => sum + each.seconds, 0);
  const all: Layer[] = left > 0 ? [...layers, { key: null, color: null, seconds: left, where: null, others: true }] : layers;
  return { layers: all, piles, most: Math.max(HOUR, ...piles.map((pile) => Math.max(pile.seconds, pile.before))) };
}

/** Pile up what has but one layer: the time itself. */
export function heaped(rows: readonly Row[], keys: readonly string[]): Piles {
  const { piles, most } = piled(rows, keys);
  const seconds = piles.reduce((sum, pile) => sum + pile.seconds, 0);
  return {
    layers: [{ key: "", color: "slot1", seconds, where: {} }],
    piles: piles.map((pile) => ({ ...pile, segments: pile.seconds ? [{ layer: 0, from: 0, seconds: pile.seconds, where: pile.where ?? {} }] : [] })),
    most,
  };
}

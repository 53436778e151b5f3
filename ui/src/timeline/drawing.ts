/** Draw lanes on a canvas: what a pixel cannot show is joined before, and nothing is measured or looked up meanwhile. */
import { firstAfter, type Lane, type Levels } from "../charts/lane";
import { steps, type Stretch } from "./view";

export const [LANE, GAP, AXIS] = [46, 8, 22];
/** Above a lane, where its name stands there. */
export const LEAD = 16;
const NARROWEST_NAME = 54;
const LETTER = 6.6;

export type Inks = { away: string; line: string; quiet: string; focus: string; text: string; panel: string };
/** What is hollow is drawn as an edge in its paint. */
export type Drawn = { levels: Levels; names: (string | null)[]; paints: string[]; inks: string[]; hollow?: boolean[] | undefined };
export type Board = { width: number; height: number; lead: number; view: Stretch; scale: number; inks: Inks; font: string; at: (seconds: number) => string };

/** Make a canvas as large as it is shown, and clear it. */
export function cleared(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const brush = canvas.getContext("2d");
  brush?.setTransform(ratio, 0, 0, ratio, 0, 0);
  brush?.clearRect(0, 0, width, height);
  return brush;
}

/** Draw what was done: the axis, time away, and each lane. */
export function drawLanes(brush: CanvasRenderingContext2D, board: Board, rows: readonly Drawn[], away: Levels): void {
  const { view, scale, inks, width, height } = board;
  brush.fillStyle = inks.away;
  const gone = away.at(scale);
  for (let at = firstAfter(gone, view.from); at < gone.starts.length && gone.starts[at]! < view.to; at++) {
    const from = Math.max(0, (gone.starts[at]! - view.from) * scale);
    brush.fillRect(from, AXIS, Math.min(width, (gone.ends[at]! - view.from) * scale) - from, height - AXIS);
  }
  brush.font = board.font;
  brush.textBaseline = "middle";
  const marks = steps(view, scale, 56);
  brush.fillStyle = inks.line;
  for (const step of marks) brush.fillRect(Math.round((step - view.from) * scale), AXIS - 5, 1, height);
  brush.fillStyle = inks.quiet;
  for (const step of marks) {
    const x = (step - view.from) * scale;
    if (x < width - 30) brush.fillText(board.at(step), x + 3, AXIS / 2);
  }
  rows.forEach((row, index) => drawLane(brush, board, row, AXIS + board.lead + index * (LANE + GAP + board.lead)));
}

function drawLane(brush: CanvasRenderingContext2D, board: Board, row: Drawn, top: number): void {
  // Whole pixels, one colour after the other: nothing is blended, which is what would take the time.
  const ratio = devicePixelRatio || 1;
  const { view, scale } = board;
  const { starts, ends, keys } = row.levels.at(scale);
  const whole = (moment: number): number => Math.round((moment - view.from) * scale * ratio) / ratio;
  const pixel = 1 / ratio;
  const shapes = new Map<string, number[]>();
  const hollow: number[] = [];
  const named: [string, string, number, number][] = [];
  let drawnTo = -Infinity;
  for (let at = firstAfter(row.levels.at(scale), view.from); at < starts.length && starts[at]! < view.to; at++) {
    const key = keys[at]!;
    const begins = Math.max(whole(starts[at]!), drawnTo);
    const stops = Math.max(whole(ends[at]!), begins + (begins > drawnTo ? pixel : 0));
    const wide = stops - begins;
    if (wide <= 0) continue;
    drawnTo = stops;
    const paint = row.paints[key] ?? board.inks.line;
    let shape = shapes.get(paint);
    if (!shape) shapes.set(paint, (shape = []));
    shape.push(begins, wide > 4 ? wide - pixel : wide);
    if (row.hollow?.[key]) hollow.push(begins, wide > 4 ? wide - pixel : wide);
    const name = row.names[key];
    if (name && wide > NARROWEST_NAME) named.push([name, row.inks[key] ?? "#fff", begins, stops]);
  }
  for (const [paint, shape] of shapes) {
    brush.fillStyle = paint;
    for (let at = 0; at < shape.length; at += 2) brush.fillRect(shape[at]!, top, shape[at + 1]!, LANE);
  }
  brush.fillStyle = board.inks.panel;
  for (let at = 0; at < hollow.length; at += 2) {
    // An edge of one pixel stays; at the sides where there is room for more than that.
    const side = hollow[at + 1]! > 3 ? 1 : 0;
    brush.fillRect(hollow[at]! + side, top + 1, hollow[at + 1]! - 2 * side, LANE - 2);
  }
  for (const [name, ink, from, to] of named) {
    const begins = Math.max(0, from) + 6;
    brush.fillStyle = ink;
    brush.fillText(fitting(name, Math.min(board.width, to) - begins - 4), begins, top + LANE / 2);
  }
}

/** Return as much of a name as there is room for: about, for measuring each would take longer than drawing it. */
export function fitting(name: string, room: number): string {
  const most = Math.floor(room / LETTER);
  const letters = name.length > 400 ? name.slice(0, 400) : name;
  if (letters.length <= most) return letters;
  return most < 3 ? "" : `${[...letters].slice(0, most - 1).join("")}…`;
}

/** Draw what was chosen, above it: selection, where it is cut, and the stretch that the keyboard is at. */
export function drawChosen(brush: CanvasRenderingContext2D, board: Board, chosen: { selection: Stretch | null; cut: number | null; cursor: Stretch | null }): void {
  const x = (moment: number): number => (moment - board.view.from) * board.scale;
  const { selection, cut, cursor } = chosen;
  if (selection) {
    brush.fillStyle = board.inks.focus;
    brush.globalAlpha = 0.16;
    brush.fillRect(x(selection.from), 0, x(selection.to) - x(selection.from), board.height);
    brush.globalAlpha = 1;
    for (const edge of [selection.from, selection.to]) brush.fillRect(x(edge) - 1, 0, 2, board.height);
    if (cut !== null) {
      brush.strokeStyle = board.inks.text;
      brush.lineWidth = 2;
      brush.setLineDash([5, 4]);
      brush.beginPath();
      brush.moveTo(x(cut), 0);
      brush.lineTo(x(cut), board.height);
      brush.stroke();
      brush.setLineDash([]);
    }
  }
  if (cursor) {
    brush.strokeStyle = board.inks.text;
    brush.lineWidth = 2;
    brush.strokeRect(x(cursor.from), AXIS + board.lead + 1, Math.max(3, x(cursor.to) - x(cursor.from)), LANE - 2);
  }
}

/** Return black or white, whichever can be read on a colour as a canvas knows it. */
export function inkOn(color: string): string {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
  const light = (part: number): number => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue) > 0.179 ? "#000000" : "#ffffff";
}

export type { Lane };

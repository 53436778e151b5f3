// The icon, drawn: an hourglass of two threads on a disc.

import { deflateSync } from "node:zlib";
import { crc32 } from "./crc32.mjs";

const DISC = [11, 87, 208];
const THREAD = [255, 255, 255];
const SAMPLES = 4;

/** Return a PNG of so many pixels a side. */
export function icon(size) {
  const rows = Buffer.alloc(size * (1 + size * 4));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      rows.set(pixel(x / size, y / size, 1 / size), y * (1 + size * 4) + 1 + x * 4);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

/** Return red, green, blue and alpha of a pixel, from the mean of some points in it. */
function pixel(left, top, width) {
  let covered = 0;
  let thread = 0;
  for (let n = 0; n < SAMPLES * SAMPLES; n += 1) {
    const x = left + (((n % SAMPLES) + 0.5) / SAMPLES) * width - 0.5;
    const y = top + ((Math.floor(n / SAMPLES) + 0.5) / SAMPLES) * width - 0.5;
    if (Math.hypot(x, y) > 0.49) continue;
    covered += 1;
    const onRim = Math.abs(Math.abs(y) - 0.27) < 0.045 && Math.abs(x) < 0.25;
    const onThread = Math.abs(y) < 0.27 && Math.abs(Math.abs(x) - Math.abs(y) * 0.75) < 0.05;
    if (onRim || onThread) thread += 1;
  }
  if (covered === 0) return [0, 0, 0, 0];
  const share = thread / covered;
  const mixed = DISC.map((value, n) => Math.round(value * (1 - share) + THREAD[n] * share));
  return [...mixed, Math.round((covered / (SAMPLES * SAMPLES)) * 255)];
}

function chunk(kind, data) {
  const named = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

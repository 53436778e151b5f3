// A ZIP archive whose bytes depend on nothing but the files: one time for all, nothing about who made it.

import { deflateRawSync } from "node:zlib";
import { crc32 } from "./crc32.mjs";

/** 1980-01-01 00:00, the earliest that the format knows. */
const DATE = 0x21;
const UTF8 = 0x0800;
const DEFLATED = 8;

/** Return an archive of files, each a pair of name and bytes, in the order given. */
export function zip(files) {
  const bodies = [];
  const entries = [];
  let offset = 0;
  for (const [name, bytes] of files) {
    const path = Buffer.from(name, "utf8");
    const packed = deflateRawSync(bytes, { level: 9 });
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(UTF8, 2);
    facts.writeUInt16LE(DEFLATED, 4);
    facts.writeUInt16LE(DATE, 8);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(bytes.length, 18);
    facts.writeUInt16LE(path.length, 22);
    bodies.push(Buffer.from("PK\x03\x04", "latin1"), facts, path, packed);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    const version = Buffer.from([20, 0]);
    entries.push(Buffer.from("PK\x01\x02", "latin1"), version, facts, rest, path);
    offset += 30 + path.length + packed.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, directory, end]);
}

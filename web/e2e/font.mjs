// A font made here, as small as a WOFF2 can be: whatever letter is asked for is
// a square, and twice as wide as it is high, which no other font would be.
import { brotliCompressSync } from "node:zlib";

const u16 = (...n) => Buffer.concat(n.map((v) => Buffer.from([(v >> 8) & 255, v & 255])));
const u32 = (...n) => Buffer.concat(n.map((v) => { const b = Buffer.alloc(4); b.writeUInt32BE(v >>> 0); return b; }));
const em = 1000, first = 0x20, last = 0x7e, letters = last - first + 1;

const square = Buffer.concat([u16(1, 100, 0, 1900, 800, 3, 0), Buffer.from([1, 1, 1, 1]), u16(100, 0, 1800, 0), u16(0, 800, 0, -800)]);
const glyf = square.length % 2 ? Buffer.concat([square, Buffer.alloc(1)]) : square;

/** Sorted as a font's tables are, except that loca follows glyf. */
const tables = {
  "OS/2": Buffer.concat([u16(4, 2 * em, 400, 5, 0, 650, 600, 0, 75, 650, 600, 0, 350, 50, 300, 0), Buffer.alloc(10), u32(1, 0, 0, 0), Buffer.from("NONE"), u16(0x40, first, last, 800, -200, 0, 900, 200), u32(1, 0), u16(500, 700, 0, first, 1)]),
  cmap: Buffer.concat([u16(0, 1, 3, 1), u32(12), u16(4, 16 + 2 * 8 + 2 * letters, 0, 4, 4, 1, 0, last, 0xffff, 0, first, 0xffff, 0, 1, 4, 0), u16(...Array(letters).fill(1))]),
  glyf,
  loca: u16(0, 0, glyf.length / 2),
  head: Buffer.concat([u32(0x10000, 0x10000, 0, 0x5f0f3cf5), u16(3, em), Buffer.alloc(16), u16(0, 0, 2 * em, 800, 0, 8, 2, 0, 0)]),
  hhea: Buffer.concat([u32(0x10000), u16(800, -200, 0, 2 * em, 0, 0, 2 * em, 1, 0, 0), Buffer.alloc(8), u16(0, 2)]),
  hmtx: u16(2 * em, 0, 2 * em, 100),
  maxp: Buffer.concat([u32(0x10000), u16(2, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)]),
  name: names(["Wide Squares", "Regular", "Wide Squares 1", "Wide Squares", "Version 1", "WideSquares"]),
  post: Buffer.concat([u32(0x30000, 0), u16(-100, 50), Buffer.alloc(20)]),
};

function names(all) {
  const texts = all.map((t) => Buffer.from(t, "utf16le").swap16());
  let at = 0;
  const rows = texts.map((t, i) => { const row = u16(3, 1, 0x409, i + 1, t.length, at); at += t.length; return row; });
  return Buffer.concat([u16(0, all.length, 6 + 12 * all.length), ...rows, ...texts]);
}

/** W3C WOFF File Format 2.0, 4.1 and 4.2; glyf and loca as they are, which is transform 3. */
const numbers = ["cmap", "head", "hhea", "hmtx", "maxp", "name", "OS/2", "post", "cvt ", "fpgm", "glyf", "loca"];
const base128 = (n) => (n < 128 ? [n] : [128 | (n >> 7), n & 127]);
const directory = Buffer.concat(Object.entries(tables).map(([tag, t]) => Buffer.from([numbers.indexOf(tag) | (tag === "glyf" || tag === "loca" ? 3 << 6 : 0), ...base128(t.length)])));
const data = brotliCompressSync(Buffer.concat(Object.values(tables)));
const size = 48 + directory.length + data.length, padded = Math.ceil(size / 4) * 4;
const sfnt = Object.values(tables).reduce((n, t) => n + Math.ceil(t.length / 4) * 4, 12 + 16 * Object.keys(tables).length);
const header = Buffer.concat([Buffer.from("wOF2"), u32(0x10000, padded), u16(Object.keys(tables).length, 0), u32(sfnt, data.length), u16(1, 0), Buffer.alloc(20)]);

export const wideFont = Buffer.concat([header, directory, data, Buffer.alloc(padded - size)]);

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { inflateSync } from 'node:zlib';
import { placeholderUrl } from '../src/placeholder.ts';
import { decodeHash, encodeHash } from '../src/thumbhash.ts';

/** What the format's own encoder and decoder (npm's thumbhash 0.1.1) make of pictures that paint makes: see thumbhash/vectors.mjs. */
interface Vector {
  paint: string;
  w: number;
  h: number;
  hash: string;
  decoded: string;
  dw: number;
  dh: number;
}
const vectors: Vector[] = JSON.parse(readFileSync(path.resolve('web/test/thumbhash/vectors.json'), 'utf8'));

/** The same is in thumbhash/vectors.mjs. */
function paint(name: string, w: number, h: number): number[] {
  const out: number[] = [];
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      if (name === 'grey') {
        out.push(128, 128, 128, 255);
        continue;
      }
      const hole = x > Math.trunc(w / 4) && x < Math.trunc(w / 2) && y > Math.trunc(h / 4);
      const alpha: Record<string, number> = { fade: Math.trunc((x * 255) / w), hole: hole ? 0 : 255, nothing: 0 };
      out.push(Math.trunc((x * 255) / w), Math.trunc((y * 255) / h), (x * y) % 256, alpha[name] ?? 255);
    }
  }
  return out;
}

const bytes = (base64: string) => [...Buffer.from(base64, 'base64')];
const apart = (a: number, b: number) => Math.abs(a - b);

for (const v of vectors)
  test(`${v.paint}, ${v.w} × ${v.h}, is hashed as by the format's own encoder`, () => {
    const want = bytes(v.hash);
    const got = encodeHash(v.w, v.h, paint(v.paint, v.w, v.h));
    const head = want[2]! & 0x80 ? 6 : 5;
    assert.equal(got.length, want.length);
    assert.deepEqual([...got.slice(0, head)], want.slice(0, head));
    // Many of these pictures have none of a frequency: what is added up to 0 in another order is rounded up or down. One of one colour has no scale at all.
    const scaled = (want[2]! >> 2) & 31 || ((want[3]! | (want[4]! << 8)) >> 3) & 0xfff;
    for (let i = head; scaled && i < want.length; i++) {
      assert.ok(apart(want[i]! & 15, got[i]! & 15) <= 1 && apart(want[i]! >> 4, got[i]! >> 4) <= 1, `byte ${i}: ${got[i]}, not ${want[i]}`);
    }
    const { w, h, rgba } = decodeHash(want)!;
    assert.deepEqual([w, h], [v.dw, v.dh]);
    bytes(v.decoded).forEach((byte, i) => assert.ok(apart(byte, rgba[i]!) <= 1, `pixel byte ${i}: ${rgba[i]}, not ${byte}`));
  });

test('a placeholder becomes a PNG of its pixels', () => {
  for (const v of vectors) {
    const url = placeholderUrl(v.hash);
    const png = Buffer.from(url.slice('data:image/png;base64,'.length), 'base64');
    assert.equal(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n');
    const { w, h, rgba } = decodeHash(bytes(v.hash))!;
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [w, h]);
    const n = png.readUInt32BE(33);
    const rows = inflateSync(png.subarray(41, 41 + n)); // which checks Adler-32
    assert.equal(rows.length, h * (4 * w + 1));
    for (let y = 0; y < h; y++) assert.deepEqual([...rows.subarray(y * (4 * w + 1) + 1, (y + 1) * (4 * w + 1))], [...rgba.subarray(4 * w * y, 4 * w * (y + 1))]);
  }
});

test('what is no placeholder gives no URL', () => {
  const whole = vectors.find(({ paint }) => paint === 'fade')!.hash;
  for (const none of [undefined, null, 7, '', 'no placeholder', 'AAAA', '????', whole.slice(0, 8), whole.slice(0, -4), '/'.repeat(98), {}, 'A'.repeat(1e6)])
    assert.equal(placeholderUrl(none as any), '', String(none).slice(0, 20));
});

test('strangers\' hashes are pictures of at most 32 pixels a side, or none', () => {
  for (let i = 0; i < 3000; i++) {
    const hash = Array.from({ length: i % 40 }, () => Math.floor(Math.random() * 256));
    const picture = decodeHash(hash);
    if (!picture) continue;
    assert.ok(picture.w >= 1 && picture.h >= 1 && Math.max(picture.w, picture.h) === 32 && picture.rgba.length === 4 * picture.w * picture.h, hash.join());
  }
});

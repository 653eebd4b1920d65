// Writes vectors.json by the format's own encoder: npm install thumbhash@0.1.1, then node vectors.mjs.
import { writeFileSync } from 'node:fs';
import { rgbaToThumbHash, thumbHashToRGBA } from 'thumbhash';

/** The same as paint in ../thumbhash.test.ts. */
function paint(name, w, h) {
  const out = [];
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      if (name === 'grey') {
        out.push(128, 128, 128, 255);
        continue;
      }
      const hole = x > Math.trunc(w / 4) && x < Math.trunc(w / 2) && y > Math.trunc(h / 4);
      const alpha = { fade: Math.trunc((x * 255) / w), hole: hole ? 0 : 255, nothing: 0 }[name] ?? 255;
      out.push(Math.trunc((x * 255) / w), Math.trunc((y * 255) / h), (x * y) % 256, alpha);
    }
  }
  return out;
}

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const vectors = [];
for (const name of ['solid', 'fade', 'hole', 'nothing', 'grey'])
  for (const [w, h] of [[1, 1], [100, 100], [100, 75], [56, 100], [100, 3], [3, 100], [7, 5]]) {
    const hash = rgbaToThumbHash(w, h, paint(name, w, h));
    const decoded = thumbHashToRGBA(hash);
    vectors.push({ paint: name, w, h, hash: base64(hash), dw: decoded.w, dh: decoded.h, decoded: w === 100 && h === 75 ? base64(decoded.rgba) : '' });
  }
writeFileSync(new URL('vectors.json', import.meta.url), JSON.stringify(vectors, null, 1) + '\n');

/**
 * ThumbHash, a picture in about 25 bytes: the lowest frequencies of a cosine transform of brightness (l), of two colour
 * differences (p, yellow to blue, and q, red to green) and of opacity (a), 4 bits each. The format is described at
 * https://evanw.github.io/thumbhash/.
 */

/** The longest side, in pixels, of a picture to hash. Larger pictures do not give a better hash. */
export const HASHED_SIDE = 100;

/** The longest side, in pixels, of a decoded picture. */
const DECODED_SIDE = 32;

/** A channel in the frequency domain: its mean (dc), its strongest frequency (scale), and its frequencies divided by scale (ac). */
interface Channel {
  dc: number;
  scale: number;
  ac: number[];
}

/** How many frequencies of brightness a hash has along the longer side. */
const most = (transparent: boolean) => (transparent ? 5 : 7);

/** The frequencies of a channel, in the order of the format. They form a triangle. The first is the mean. */
function frequencies(nx: number, ny: number): [cx: number, cy: number][] {
  const out: [number, number][] = [];
  for (let cy = 0; cy < ny; cy++) for (let cx = 0; cx * ny < nx * (ny - cy); cx++) out.push([cx, cy]);
  return out;
}

/** The cosines along a side of n pixels, for each frequency. */
function waves(n: number): number[][] {
  return Array.from({ length: 7 }, (_, c) => Array.from({ length: n }, (_, i) => Math.cos((Math.PI / n) * c * (i + 0.5))));
}

/** Hashes a picture with at most 100 pixels a side. `rgba` is the data of a canvas. */
export function encodeHash(w: number, h: number, rgba: ArrayLike<number>): Uint8Array {
  const { planes, transparent } = split(w * h, rgba);
  const xs = waves(w);
  const ys = waves(h);
  const transform = (plane: Float64Array, nx: number, ny: number): Channel => {
    const all = frequencies(nx, ny).map(([cx, cy]) => {
      let sum = 0;
      for (let y = 0, i = 0; y < h; y++) {
        let row = 0;
        for (let x = 0; x < w; x++) row += plane[i++]! * xs[cx]![x]!;
        sum += row * ys[cy]![y]!;
      }
      return sum / (w * h);
    });
    const [dc, ...ac] = all;
    const scale = Math.max(...ac.map(Math.abs));
    return { dc: dc!, scale, ac: ac.map((f) => (scale ? f / scale : -1)) };
  };
  const side = (n: number) => Math.max(1, Math.round((most(transparent) * n) / Math.max(w, h)));
  const l = transform(planes[0]!, Math.max(3, side(w)), Math.max(3, side(h)));
  const p = transform(planes[1]!, 3, 3);
  const q = transform(planes[2]!, 3, 3);

  const { bits, bytes } = writer();
  bits(6, 63 * l.dc);
  bits(6, 31.5 + 31.5 * p.dc);
  bits(6, 31.5 + 31.5 * q.dc);
  bits(5, 31 * l.scale);
  bits(1, +transparent);
  bits(3, w > h ? side(h) : side(w));
  bits(6, 63 * p.scale);
  bits(6, 63 * q.scale);
  bits(1, +(w > h));
  const channels = [l, p, q];
  if (transparent) {
    const a = transform(planes[3]!, 5, 5);
    bits(4, 15 * a.dc);
    bits(4, 15 * a.scale);
    channels.push(a);
  }
  for (const { ac } of channels) for (const f of ac) bits(4, 7.5 + 7.5 * f);
  return Uint8Array.from(bytes);
}

/** Returns the planes of l, p, q and a. Transparent pixels get the mean colour, so that invisible colours do not count. */
function split(n: number, rgba: ArrayLike<number>): { planes: Float64Array[]; transparent: boolean } {
  const planes = [0, 1, 2, 3].map(() => new Float64Array(n));
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const alpha = rgba[4 * i + 3]! / 255;
    for (let c = 0; c < 4; c++) sums[c]! += planes[c]![i] = c < 3 ? (alpha * rgba[4 * i + c]!) / 255 : alpha;
  }
  const mean = sums.map((sum) => (sums[3] ? sum / sums[3]! : 0));
  for (let i = 0; i < n; i++) {
    const [r, g, b] = [0, 1, 2].map((c) => planes[c]![i]! + mean[c]! * (1 - planes[3]![i]!)) as [number, number, number];
    planes[0]![i] = (r + g + b) / 3;
    planes[1]![i] = (r + g) / 2 - b;
    planes[2]![i] = r - g;
  }
  return { planes, transparent: sums[3]! < n };
}

/** Returns the picture of a hash, whose longer side has 32 pixels. Returns undefined for bytes that are not a hash. */
export function decodeHash(hash: ArrayLike<number>): { w: number; h: number; rgba: Uint8Array } | undefined {
  const { bits, left } = reader(hash);
  const l = { dc: bits(6) / 63, scale: 0 };
  const p = { dc: bits(6) / 31.5 - 1, scale: 0 };
  const q = { dc: bits(6) / 31.5 - 1, scale: 0 };
  l.scale = bits(5) / 31;
  const transparent = !!bits(1);
  const longer = most(transparent);
  const shorter = bits(3);
  p.scale = (bits(6) / 63) * 1.25; // stronger colours than were stored look better
  q.scale = (bits(6) / 63) * 1.25;
  const wide = !!bits(1);
  if (!shorter || shorter > longer) return undefined;
  const a = transparent ? { dc: bits(4) / 15, scale: bits(4) / 15 } : { dc: 1, scale: 0 };
  const small = Math.round((DECODED_SIDE * shorter) / longer);
  const [w, h] = wide ? [DECODED_SIDE, small] : [small, DECODED_SIDE];
  const n = Math.max(3, shorter);
  const xs = waves(w);
  const ys = waves(h);
  const sizes = [wide ? [longer, n] : [n, longer], [3, 3], [3, 3], transparent ? [5, 5] : [0, 0]] as const;
  const planes = [l, p, q, a].map(({ dc, scale }, c) => {
    const plane = new Float64Array(w * h).fill(dc);
    for (const [cx, cy] of frequencies(sizes[c]![0], sizes[c]![1]).slice(1)) {
      const f = 2 * scale * (bits(4) / 7.5 - 1);
      for (let y = 0, i = 0; y < h; y++) for (let x = 0; x < w; x++) plane[i++]! += f * xs[cx]![x]! * ys[cy]![y]!;
    }
    return plane;
  });
  if (left() < 0) return undefined;
  const rgba = new Uint8Array(4 * w * h);
  for (let i = 0; i < w * h; i++) {
    const [l, p, q, a] = planes.map((plane) => plane[i]!) as [number, number, number, number];
    const blue = l - (2 / 3) * p;
    const red = (3 * l - blue + q) / 2;
    [red, red - q, blue, a].forEach((f, c) => (rgba[4 * i + c] = 255 * Math.min(1, Math.max(0, f))));
  }
  return { w, h, rgba };
}

/** Writes numbers of n bits one after another, the lowest bits first. It rounds a number, and limits it to what n bits can hold. */
function writer() {
  const bytes: number[] = [];
  let at = 0;
  return {
    bytes,
    bits(n: number, f: number) {
      const v = Math.min(Math.max(Math.round(f), 0), 2 ** n - 1);
      for (let i = 0; i < n; i++, at++) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (((v >> i) & 1) << (at & 7));
    },
  };
}

/** Reads such numbers. `left` returns how many bits are left; it is below 0 if bits were missing. */
function reader(bytes: ArrayLike<number>) {
  let at = 0;
  return {
    left: () => 8 * bytes.length - at,
    bits(n: number) {
      let v = 0;
      for (let i = 0; i < n; i++, at++) v |= (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) << i;
      return v;
    },
  };
}

/** A film in WebM with an index, so that a player can seek in it, and large for what it shows. */

/** Still pictures of 64 × 48 pixels, each a key frame of VP8: what is in a WebP between its head and its end. */
const red = Buffer.from('sAMAnQEqQAAwAD7RaK5SKCYkIqKoAQAaCWcA01KAABUaYxw+NiAA/us2//Qmx7UV//0JP/ibP+Js+DmH/ipZiRgO8AAAAA==', 'base64');
const blue = Buffer.from('kAMAnQEqQAAwAD7RaK5SKCYkIqKoAQAaCWcA0ugHe7U0+WwoAAD+8JtD/+hJ//xNn/9Js+EV6S6XF2TyWqxv1cNAAAA=', 'base64');

const bytes = (...values: number[]) => Buffer.from(values);

function number(value: number, size = 4): Buffer {
  const out = Buffer.alloc(size);
  out.writeUIntBE(value, 0, size);
  return out;
}

function float(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeDoubleBE(value);
  return out;
}

/** An element of EBML, by its id in hex: all sizes take four bytes. */
function element(id: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from(id, 'hex'), number(0x1000_0000 + body.length), body]);
}

/**
 * So many frames, `interval` seconds apart: the first half is red, the second blue. Each takes `size` bytes: decoders do
 * not read what follows a picture in its frame.
 */
export function film(frames: number, interval: number, size: number): Buffer {
  const head = element('1a45dfa3', element('4286', bytes(1)), element('42f7', bytes(1)), element('42f2', bytes(4)), element('42f3', bytes(8)),
    element('4282', Buffer.from('webm')), element('4287', bytes(2)), element('4285', bytes(2)));
  const info = element('1549a966', element('2ad7b1', number(1_000_000)), element('4489', float(frames * interval * 1000)),
    element('4d80', Buffer.from('test')), element('5741', Buffer.from('test')));
  const picture = element('e0', element('b0', bytes(64)), element('ba', bytes(48)));
  const tracks = element('1654ae6b', element('ae', element('d7', bytes(1)), element('73c5', bytes(1)), element('83', bytes(1)), element('86', Buffer.from('V_VP8')), picture));
  const clusters = Array.from({ length: frames }, (_, i) => {
    const frame = Buffer.alloc(size);
    (i < frames / 2 ? red : blue).copy(frame);
    return element('1f43b675', element('e7', number(i * interval * 1000)), element('a3', bytes(0x81, 0, 0, 0x80), frame)); // track 1, at 0 ms, a key frame
  });
  const index = (first: number) => {
    let position = first;
    return element('1c53bb6b', ...clusters.map((cluster, i) => {
      const point = element('bb', element('b3', number(i * interval * 1000)), element('b7', element('f7', bytes(1)), element('f1', number(position))));
      position += cluster.length;
      return point;
    }));
  };
  return Buffer.concat([head, element('18538067', info, tracks, index(info.length + tracks.length + index(0).length), ...clusters)]);
}

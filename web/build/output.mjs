/** What a build leaves in its folder. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzipSync } from 'node:zlib';

/** Writes a file unless it is there already with the same contents. */
export function write(file, contents) {
  const bytes = Buffer.from(contents);
  if (!existsSync(file) || !readFileSync(file).equals(bytes)) writeFileSync(file, bytes);
}

/** Puts file.br and file.gz beside a file. Those of the wasm, which take half a minute, stay where they are newer than it. */
export async function compress(file) {
  const bytes = readFileSync(file);
  const fresh = (sibling) => file.endsWith('.wasm') && existsSync(sibling) && statSync(sibling).mtimeMs >= statSync(file).mtimeMs;
  if (!fresh(file + '.gz')) write(file + '.gz', gzip(bytes));
  if (!fresh(file + '.br')) write(file + '.br', await brotli(bytes));
}

const smaller = (best, one) => (one.length < best.length ? one : best);

/** Gzip at its best: how much memory suits a file best is found by trying. */
export function gzip(bytes) {
  return [6, 7, 8].map((memLevel) => gzipSync(bytes, { level: 9, memLevel })).reduce(smaller);
}

/** Brotli at its best: how large its input blocks should be (0 leaves it to the encoder), and how it should code distances, is found by trying. */
export async function brotli(bytes) {
  const { BROTLI_PARAM_QUALITY: quality, BROTLI_PARAM_LGWIN: window, BROTLI_PARAM_SIZE_HINT: size, BROTLI_PARAM_LGBLOCK: block, BROTLI_PARAM_NPOSTFIX: postfix } = constants;
  const tried = [[0, 0], [17, 0], [19, 0], [19, 2]].map(([log, bits]) => promisify(brotliCompress)(bytes, { params: { [quality]: 11, [window]: 24, [size]: bytes.length, [block]: log, [postfix]: bits } }));
  return (await Promise.all(tried)).reduce(smaller);
}

/** A line of the size table: bytes as they are, with gzip and with brotli. */
export function sizes(file) {
  const size = (name) => String(statSync(name).size).padStart(9);
  return `${path.basename(file).padEnd(11)} ${size(file)} ${size(file + '.gz')} ${size(file + '.br')}`;
}

/** The hash of a file as `integrity` attributes and fetch take it. */
export function integrity(bytes, algorithm = 'sha384') {
  return `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`;
}

/** A build's name, made of what is in it: a gateway serves its files below it too, as ones that never change. */
export function buildName(hashes) {
  return createHash('sha256').update(JSON.stringify(hashes)).digest('hex').slice(0, 16);
}

import assert from 'node:assert/strict';
import test from 'node:test';
import { fit, readFormat } from '../src/prepare.ts';

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const webp = (flags: string) => `RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0${flags}${'\0'.repeat(9)}`;
const box = (brands: string) => `\0\0\0\x20ftyp${brands}`;
const png = '\x89PNG\r\n\x1a\n';

test('formats are told by content', () => {
  const formats: [file: string, name: string, moves?: boolean][] = [
    ['\xff\xd8\xff\xe0', 'JPEG'], ['GIF89a', 'GIF', true], ['BM12', 'BMP'], ['II*\0', 'TIFF'], ['MM\0*', 'TIFF'],
    [png, 'PNG', false], [`${png}\0\0\0\x08acTL....IDAT`, 'PNG', true], [`${png}\0\0\0\x08IDATacTL`, 'PNG', false],
    [webp('\0'), 'WebP', false], [webp('\x02'), 'WebP', true], ['RIFF\n\n\n\nWEBPVP8 ', 'WebP', false],
    [box('avif\0\0\0\0mif1'), 'AVIF', false], [box('avis\0\0\0\0msf1'), 'AVIF', true], [box('mif1\0\0\0\0avif'), 'AVIF', false],
    [box('heic\0\0\0\0mif1'), 'HEIC'], [box('mif1\0\0\0\0heic'), 'HEIC'], [box('mp42\0\0\0\0isom'), ''],
    ['<?xml version="1.0"?>\n<svg/>', 'SVG'], ['', ''], ['text', ''],
  ];
  for (const [file, name, moves] of formats) {
    const format = readFormat(bytes(file));
    assert.deepEqual([format.name, !!format.moves], [name, !!moves], JSON.stringify(file));
  }
});

test('pictures keep their proportions, and are not enlarged', () => {
  assert.deepEqual(fit(4000, 3000, 320), [320, 240]);
  assert.deepEqual(fit(3000, 4000, 320), [240, 320]);
  assert.deepEqual(fit(3, 2, 320), [3, 2]);
  assert.deepEqual(fit(10000, 1, 100), [100, 1]);
  assert.deepEqual(fit(4000, 3000, Infinity), [4000, 3000]);
});

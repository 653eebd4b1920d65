/** Unpacks one file of a ZIP archive, for machines without unzip: node scripts/unzip.mjs ARCHIVE NAME FILE. It can't read archives of 4 GB and more. */
import { readFileSync, writeFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

const [archive, name, file] = process.argv.slice(2);
const zip = readFileSync(archive);
const end = zip.lastIndexOf('PK\x05\x06'); // the record with the offset of the directory
if (end < 0) throw new Error(`${archive} is not a ZIP archive`);

let at = zip.readUInt32LE(end + 16);
for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
  const [method, size, nameLength] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28)];
  if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name) {
    const header = zip.readUInt32LE(at + 42);
    const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
    const bytes = zip.subarray(start, start + size);
    if (method !== 0 && method !== 8) throw new Error(`${name} is compressed by method ${method}; only 0 (stored) and 8 (deflate) can be read`);
    writeFileSync(file, method === 0 ? bytes : inflateRawSync(bytes));
    process.exit();
  }
  at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
}
throw new Error(`${archive} has no ${name}`);

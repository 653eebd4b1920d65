/** The packages of npm that are in the site's scripts and styles, with their licenses: licenses.json, of which THIRD_PARTY_LICENSES.txt is made too. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { spdx } from '../web/build/licenses.mjs';

const here = import.meta.dirname;
const file = path.join(here, 'licenses.json');
const found = new Set();

/** A plugin of Vite that notes which packages the browser's scripts are made of. */
export function noteModules() {
  return {
    name: 'note-modules',
    generateBundle(_, bundle) {
      for (const { modules = {} } of Object.values(bundle))
        for (const [id, { renderedLength }] of Object.entries(modules)) {
          const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id) ?? [];
          if (name && renderedLength > 0) found.add(name);
        }
    },
  };
}

/** Writes licenses.json. It throws if that changes the file: then THIRD_PARTY_LICENSES.txt must follow. */
export function writeLicenses() {
  const list = [...found].sort().map((name) => {
    const dir = path.join(here, 'node_modules', name);
    const texts = readdirSync(dir).filter((one) => /^(licen[cs]e|copying|notice)\b/i.test(one)).sort().map((one) => readFileSync(path.join(dir, one), 'utf8').trim());
    return { name, version: JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8')).version, license: spdx(name, texts), texts };
  });
  const text = `${JSON.stringify(list, null, 2)}\n`;
  if (text === readFileSync(file, 'utf8')) return;
  writeFileSync(file, text);
  throw new Error('docs-site/licenses.json was not up to date and is now: run `make docs`, and commit both');
}

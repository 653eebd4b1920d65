/** The licenses of what is compiled into programs, which must come along with them. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { toolchain } from './wasm.mjs';

const format = '{{.Dir}}\t{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}';

/**
 * The Go standard library and each module that the packages are made of, when built with one of the environments: its name,
 * version, SPDX license and the texts, which are those in the folders of its packages and above them.
 */
export function goLicenses(packages, cwd, environments) {
  const found = new Map();
  const add = (name, version, root, dir) => {
    const one = found.get(name) ?? { name, version, files: new Set() };
    found.set(name, one);
    for (let at = dir; at.startsWith(root); at = path.dirname(at))
      for (const file of readdirSync(at)) if (/^(licen[cs]e|copying|notice)\b/i.test(file) && !/\.go$/.test(file)) one.files.add(path.join(at, file));
  };
  const { version, root } = toolchain();
  add('Go', version.slice(2), root, root);
  for (const env of environments) {
    const list = execFileSync('go', ['list', '-C', cwd, '-deps', '-f', format, ...packages], { encoding: 'utf8', env: { ...process.env, CGO_ENABLED: '0', ...env } });
    for (const line of list.split('\n')) {
      const [dir, name, version, root] = line.split('\t');
      if (name) add(name, version, root, dir);
    }
  }
  return [...found.values()].map(({ files, ...one }) => {
    const texts = [...new Set([...files].sort().map((file) => readFileSync(file, 'utf8').trim()))];
    return { ...one, license: spdx(one.name, texts), texts };
  }).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const known = [
  ['Apache-2.0', /Apache License Version 2\.0/],
  ['MPL-2.0', /Mozilla Public License,? version 2\.0/i],
  ['BSD-3-Clause', /Redistribution and use in source and binary forms.*(Neither the name|names? of its contributors)/],
  ['BSD-2-Clause', /Redistribution and use in source and binary forms(?!.*(Neither the name|names? of its contributors))/],
  ['MIT', /Permission is hereby granted, free of charge/],
  ['ISC', /Permission to use, copy, modify, and(\/or)? distribute this software for any purpose/],
];

/** The licenses that the texts are, as an SPDX expression. Others must be looked at by somebody: it throws. */
export function spdx(name, texts) {
  const plain = texts.map((text) => text.replace(/\s+/g, ' '));
  const ids = known.filter(([, pattern]) => plain.some((text) => pattern.test(text))).map(([id]) => id);
  if (!ids.length) throw new Error(`${name} has no license that web/build/licenses.mjs knows`);
  return ids.join(' AND ');
}

/** The file that comes along: a table of what is in the program, and each text once, behind the names that it is for. */
export function licenseFile(list) {
  const owners = new Map();
  for (const { name, texts } of list) for (const text of texts) owners.set(text, [...(owners.get(text) ?? []), name]);
  const table = list.map(({ name, version, license }) => `${[name, version].filter(Boolean).join(' ')}: ${license}\n`).join('');
  return [table, ...[...owners].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`)].join(`\n${'-'.repeat(80)}\n\n`);
}

/** Fails for what a reader would stumble over in bin/docs-site: links and anchors that lead nowhere, headings out of order, anything that another host serves, and what the gateway's policy forbids. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './pages.mjs';

const site = path.join(root, 'bin/docs-site');
const base = '/docs/';
const pages = readdirSync(site, { recursive: true }).filter((name) => name.endsWith('.html'));
const texts = new Map(pages.map((name) => [name, readFileSync(path.join(site, name), 'utf8')]));
const problems = [];

for (const [name, text] of texts) {
  for (const [, target] of text.matchAll(/<(?:script|link|img)\b[^>]*?(?:src|href)="([^"]+)"/g))
    if (!target.startsWith(base) && !target.startsWith('data:')) problems.push(`${name} loads ${target}`);
    else if (target.startsWith(base) && !existsSync(path.join(site, target.slice(base.length)))) problems.push(`${name} loads ${target}, which is not there`);
  if (/<script(?![^>]*\ssrc=)/.test(text)) problems.push(`${name} has a script within it`);
  if (/<[^>]*\son\w+=/.test(text)) problems.push(`${name} has a script in an attribute`);
  if (/<style\b/.test(text)) problems.push(`${name} has styles within it`);
  if (/<th\b[^>]*><\/th>/.test(text)) problems.push(`${name} has a table with a heading that is empty`);
  const main = /<main\b[\s\S]*<\/main>/.exec(text)?.[0];
  if (!main && name !== '404.html') problems.push(`${name} has no main part`); // screen readers go there; 404.html gets its own in the browser
  const levels = [...(main ?? '').matchAll(/<h([1-6])\b/g)].map(([, level]) => Number(level));
  if (levels.some((level, i) => level > (levels[i - 1] ?? 0) + 1)) problems.push(`${name} has headings that leave a level out: ${levels}`);
  for (const [, target] of text.matchAll(/<a\b[^>]*?href="([^"]+)"/g)) {
    const { origin, pathname, hash } = new URL(target, `http://site${base}${name}`);
    if (origin !== 'http://site') continue;
    const file = pathname.slice(base.length) + (pathname.endsWith('/') ? 'index.html' : '');
    const there = texts.get(decodeURIComponent(file));
    if (!there && !existsSync(path.join(site, file))) problems.push(`${name} links to ${target}`);
    else if (hash && there && !there.includes(`id="${decodeURIComponent(hash.slice(1))}"`)) problems.push(`${name} links to ${target}, where no such heading is`);
  }
}
if (!texts.get('api/index.html')?.includes('createInstance')) problems.push('the reference of the SDK is not there');
if (!texts.get('go/native.html')?.includes('func ')) problems.push('the reference for Go is not there');
if (!readdirSync(path.join(site, 'assets/chunks')).some((name) => name.includes('localSearchIndex'))) problems.push('there is nothing to search in');
if (problems.length) throw new Error(problems.join('\n'));
console.log(`bin/docs-site: ${pages.length} pages, all links lead somewhere`);

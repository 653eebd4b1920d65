// The pages of the documentation's site: reached() throws where one links to a file that is not there.
import assert from 'node:assert/strict';
import test from 'node:test';
import { place, reached, sidebar } from '../docs-site/pages.mjs';

test('links of its pages lead somewhere, and so does its menu', () => {
  const places = [...reached().keys()].map(place);
  assert.ok(places.length > 10, `${places.length} pages`);
  assert.deepEqual(places.filter((one, i) => places.indexOf(one) !== i), [], 'two files in one place');
  const links = sidebar.filter(({ text }) => text !== 'Reference').flatMap(({ items }) => items.map(({ link }) => `${link.slice(1)}.md`));
  assert.ok(links.length > 10, `${links.length} lines in the menu`);
  assert.deepEqual(links.filter((link) => !places.includes(link)), []);
});

test('every column of a table has a heading, which screen readers need', () => {
  const without = [...reached()].flatMap(([file, text]) => {
    const lines = text.split('\n');
    const isHead = (line, i) => line.startsWith('|') && /^\|[-:]/.test(lines[i + 1] ?? '');
    return lines.filter((line, i) => isHead(line, i) && line.split('|').slice(1, -1).some((cell) => !cell.trim())).map((line) => `${file}: ${line}`);
  });
  assert.deepEqual(without, []);
});

/** The pages of the site: docs/*.md, what they link to in the repository, and the references, which are made. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..');

/** Where a file of the repository is in the site. A file that is no page becomes one, which shows it. */
export function place(file) {
  if (file === 'docs/README.md' || file === 'README.md') return 'index.md';
  if (/\.(png|svg)$/.test(file)) return file.replace(/^docs\//, '');
  if (file === 'web/src/rtm.d.ts') return 'api/index.md';
  if (file.startsWith('docs/') && file.endsWith('.md')) return file.slice('docs/'.length);
  return `source/${file.endsWith('.md') ? file : `${file}.md`}`;
}

const link = /(\]\()([^)\s]+)(\))/g;
const fence = /^```[^]*?^```/gm;

/** A page's text with its links as they are in the site, and the files that it links to. Links to folders become text. */
export function page(file) {
  const text = readFileSync(path.join(root, file), 'utf8');
  if (!file.endsWith('.md')) return { text: `# ${file}\n\n\`\`\`\`${language(file)}\n${text.trimEnd()}\n\`\`\`\`\n`, links: [] };
  const links = [];
  const fences = text.match(fence) ?? [];
  const rewritten = text.split(fence).map((part) => part.replace(link, (all, open, target, close) => {
    if (/^(https?:|#)/.test(target)) return all;
    const [name, anchor] = target.split('#');
    const found = path.posix.join(path.posix.dirname(file), name);
    if (!existsSync(path.join(root, found))) throw new Error(`${file} links to ${target}, which is not there`);
    if (statSync(path.join(root, found)).isDirectory()) return `${open}${relative(file, 'docs/README.md')}${close}`;
    links.push(found);
    return `${open}${relative(file, found)}${anchor ? `#${anchor}` : ''}${close}`;
  }));
  return { text: rewritten.map((part, i) => part + (fences[i] ?? '')).join(''), links };
}

const relative = (from, to) => {
  const found = path.posix.relative(path.posix.dirname(place(from)), place(to));
  return found.startsWith('.') ? found : `./${found}`;
};

const languages = { go: 'go', ts: 'ts', mjs: 'js', js: 'js', json: 'json', yaml: 'yaml', yml: 'yaml', proto: 'proto', conf: 'ini', service: 'ini' };
const language = (file) => languages[path.extname(file).slice(1)] ?? '';

/** All pages that are reached from docs/, by the files that they are made of. */
export function reached() {
  const found = new Map();
  const queue = readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  for (let file; (file = queue.pop()); ) {
    if (found.has(file) || ['README.md', 'web/src/rtm.d.ts'].includes(file) || /\.(png|svg)$/.test(file)) continue;
    const { text, links } = page(file);
    found.set(file, text);
    queue.push(...links);
  }
  return found;
}

/** The menu: the tables of docs/README.md, one for each kind of reader. */
const menu = readFileSync(path.join(root, 'docs/README.md'), 'utf8').split(/^\*\*(.*)\*\*$/m).slice(1);
export const sidebar = [
  ...Array.from({ length: menu.length / 2 }, (_, i) => ({
    text: menu[2 * i],
    items: [...menu[2 * i + 1].matchAll(/^\| \[([^\]]+)\]\(([^)]+)\)/gm)].map(([, text, target]) => ({ text, link: `/${place(path.posix.join('docs', target)).replace(/\.md$/, '')}` })),
  })),
  { text: 'Reference', items: [{ text: 'SDK', link: '/api/' }, ...['native', 'core', 'gateway', 'gateway/session'].map((name) => ({ text: `Go: ${name}`, link: `/go/${name}` }))] },
];

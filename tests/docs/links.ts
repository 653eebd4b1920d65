import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/proc.ts';

/** Links of a page to files, folders and headings of this repository that are not there. */
export function brokenLinks(page: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8').replaceAll(/^```[^]*?^```/gm, '');
  return [...text.matchAll(/(?:\]\(|(?:src|srcset|href)=")([^)"\s]+)[)"]/g)].map(([, link]) => link!).filter((link) => !/^https?:/.test(link)).flatMap((link) => {
    const [name, heading] = link.split('#') as [string, string?];
    const target = name ? path.join(root, path.dirname(page), name) : path.join(root, page);
    if (!existsSync(target)) return [`${page}: ${link}`];
    return heading && statSync(target).isFile() && !headings(target).includes(heading) ? [`${page}: ${link}`] : [];
  });
}

/** The anchors of a page, as GitHub makes them. */
function headings(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title]) => title!.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-'));
}

const parents = ['core', 'gateway', 'tests', 'web'];
const made = ['node_modules', 'bin', 'data', 'dist', 'test', 'testdata', 'internal', 'test-results', 'playwright-report'];
const folders = (of: string) => readdirSync(path.join(root, of), { withFileTypes: true }).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !made.includes(entry.name)).map(({ name }) => name);

/** Folders that ARCHITECTURE.md does not tell of, and files or folders that a page names and that are not there. Builds leave tests/.build. */
export function unmapped(page: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  const named = [...text.matchAll(/`((?:core|deploy|docs-site|docs|examples|gateway|jsbridge|native|scripts|tests|version|wasm|web)\/[\w./-]*)`/g)].map(([, name]) => name!);
  const all = [...folders('.').map((name) => `${name}/`), ...parents.flatMap((parent) => folders(parent).map((name) => `${parent}/${name}/`))];
  return [...named.filter((name) => !/^tests\/\.build(\/|$)/.test(name) && !existsSync(path.join(root, name))), ...(page === 'ARCHITECTURE.md' ? all.filter((name) => !named.includes(name)) : [])];
}

/** The code blocks of the pages that users read. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/proc.ts';

export interface Block {
  page: string;
  /** Of the fence that opens it. */
  line: number;
  /** The first word behind the fence. */
  language: string;
  /** The second: see rules.ts. */
  mark: string;
  text: string;
}

/** tests/operating_page_test.go and tests/backend_page_test.go run the blocks of these pages. */
const elsewhere = ['docs/operating.md', 'docs/backend.md'];

export const pages = ['README.md', 'CONTRIBUTING.md', 'web/package/README.md', 'examples/README.md', ...readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];

export const blocks: Block[] = pages.filter((page) => !elsewhere.includes(page)).flatMap((page) => blocksOf(page, readFileSync(path.join(root, page), 'utf8')));

export function blocksOf(page: string, markdown: string): Block[] {
  const found: Block[] = [];
  let open: Block | undefined;
  markdown.split('\n').forEach((text, i) => {
    const fence = /^\s*```(.*)$/.exec(text);
    if (open && !fence) open.text += `${text}\n`;
    else if (open) open = void found.push(open);
    else if (fence) {
      const [language = '', mark = ''] = fence[1]!.trim().split(/\s+/);
      open = { page, line: i + 1, language, mark, text: '' };
    }
  });
  if (open) throw new Error(`${page}:${(open as Block).line}: the block is never closed`);
  return found;
}

export const where = (block: Block) => `${block.page}:${block.line}`;

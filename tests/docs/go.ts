import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/proc.ts';
import type { Block } from './blocks.ts';

/** What go vet says of blocks that are whole programs; empty if all is well. */
export function goProblems(blocks: Block[]): string {
  return blocks.map(({ page, line, text }) => {
    const folder = path.join(root, 'tests/.build/docs-go', `${page.replaceAll('/', '-')}-${line}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'main.go'), text);
    return spawnSync('go', ['vet', folder], { cwd: root, encoding: 'utf8' }).stderr;
  }).join('');
}

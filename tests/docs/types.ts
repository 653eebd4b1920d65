/** Compiles blocks of js, ts and tsx as a user's program would be, with --strict. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/proc.ts';
import type { Block } from './blocks.ts';

/** What stands for modules that a page takes from the gateway. */
const setting = `
  declare module 'http://127.0.0.1:8080/sdk/placeholder.mjs' { export * from 'rtm-wasm/placeholder'; }
`;

const options = {
  target: 'es2022', module: 'esnext', moduleResolution: 'bundler', moduleDetection: 'force', allowUmdGlobalAccess: true,
  lib: ['es2022', 'dom', 'dom.iterable', 'esnext.disposable'], types: [], strict: true, noEmit: true,
  paths: { 'rtm-wasm': [path.join(root, 'web/src/rtm.d.ts')], 'rtm-wasm/loader': [path.join(root, 'web/package/loader.d.ts')], 'rtm-wasm/placeholder': [path.join(root, 'web/package/placeholder.d.ts')], 'rtm-wasm/outbox': [path.join(root, 'web/dist/outbox.d.ts')], 'rtm-wasm/codes': [path.join(root, 'web/dist/codes.d.ts')], 'rtm-wasm/react': [path.join(root, 'web/dist/react.d.ts')] },
};

/** JavaScript has no way to say these. */
const loose = { noImplicitAny: false, useUnknownInCatchVariables: false, strictNullChecks: false };

/** What the compiler says; empty if all is well. */
export function typeErrors(blocks: Block[], more = ''): string {
  return compile(blocks, 'js', { ...options, ...loose }, more) + compile(blocks, 'ts', options, more) + compile(blocks, 'tsx', { ...options, jsx: 'react-jsx' }, more);
}

function compile(blocks: Block[], language: string, compilerOptions: object, more: string): string {
  const folder = path.join(root, 'tests/.build/docs-types', language);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  writeFileSync(path.join(folder, 'setting.d.ts'), (setting + more).replace(/^ {2}/gm, ''));
  for (const { page, line, text } of blocks.filter((block) => block.language === language)) {
    // The line numbers are the page's.
    writeFileSync(path.join(folder, `${page.replaceAll('/', '-')}-${line}.${language === 'tsx' ? 'tsx' : 'ts'}`), '\n'.repeat(line) + text);
  }
  const { stdout, stderr } = spawnSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'], { cwd: folder, encoding: 'utf8' });
  return stdout + stderr;
}

// Sizes as served: the SDK's wasm against the bare Go runtime built in the same run with
// the same flags, and the script.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotli } from '../../web/build/output.mjs';
import { flags } from '../../web/build/wasm.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const shipped = (name) => statSync(path.join(root, 'web/dist', name)).size;

/** The budgets of the table: most, and goal. */
export const budgets = { wasm: [1.55, 1.5], script: [15.5 * 1024, 14 * 1024] };

export async function sizes() {
  const dir = mkdtempSync(path.join(tmpdir(), 'rtm-size-'));
  try {
    writeFileSync(path.join(dir, 'main.go'), 'package main\n\nfunc main() { select {} }\n');
    const bare = path.join(dir, 'bare.wasm');
    execFileSync('go', ['build', '-trimpath', '-ldflags=-s -w -buildid=', ...flags, '-o', bare, 'main.go'], {
      cwd: dir, env: { ...process.env, GOOS: 'js', GOARCH: 'wasm' }, stdio: 'inherit',
    });
    return {
      bare: (await brotli(readFileSync(bare))).length,
      wasm: shipped('rtm.wasm.br'),
      script: shipped('rtm.js.gz'),
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

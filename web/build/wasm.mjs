/** The Go half of the build. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { integrity } from './output.mjs';
import { writeOverlay } from './overlay.mjs';

/**
 * Compiler flags of the program; RTM_GOFLAGS replaces them. Without inlining it is 7 % smaller,
 * and what the slower calls cost is lost beside a frame's way through the browser.
 */
export const flags = (process.env.RTM_GOFLAGS ?? '-gcflags=all=-l').split(' ').filter(Boolean);

const go = (args, env = {}, program = 'go') => execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });

/** The version and the root of the go command that builds here: the one on the PATH, or another that it has fetched (GOTOOLCHAIN). */
export function toolchain() {
  const [version, root, modules] = go(['env', 'GOVERSION', 'GOROOT', 'GOMODCACHE']).trim().split('\n');
  return { version, root, fetched: root.startsWith(modules + path.sep) };
}

/** Go overlays no file of the folder for modules, and a toolchain that was fetched is there: a link makes it one from elsewhere. */
function outsideModules(root, dir) {
  const link = path.join(dir, 'go');
  symlinkSync(root, link, 'junction');
  return { root: link, program: path.join(link, 'bin/go'), env: { GOROOT: link, GOTOOLCHAIN: 'local' } };
}

/**
 * Compiles a package. The stamp, which is the toolchain's version and the program's hash, is
 * added as the custom section "rtm", where the loader looks for it. `pictures`, the text of what draws pictures, is the
 * section "pictures": so it is found, verified and kept wherever the program is. The integrity is the file's hash. Without
 * the overlay it has the standard library as it is.
 */
export function buildWasm(pkg, cwd, { overlay = true, pictures = '' } = {}) {
  const { version, root: found, fetched } = toolchain();
  const dir = mkdtempSync(path.join(os.tmpdir(), 'rtm-wasm-'));
  try {
    const { root, program, env } = fetched ? outsideModules(found, dir) : { root: found };
    const out = path.join(dir, 'rtm.wasm');
    const overlayFile = path.join(dir, 'overlay.json');
    if (overlay) writeOverlay(overlayFile, root);
    go(['build', '-C', cwd, '-trimpath', '-ldflags=-s -w -buildid=', `-overlay=${overlay ? overlayFile : ''}`, ...flags, '-o', out, pkg], { ...env, GOOS: 'js', GOARCH: 'wasm' }, program);
    const code = Buffer.concat([readFileSync(out), customSection('pictures', pictures)]);
    const stamp = `${version} ${createHash('sha256').update(code).digest('hex').slice(0, 16)}`;
    const bytes = Buffer.concat([code, customSection('rtm', stamp)]);
    return { bytes, stamp, integrity: integrity(bytes, 'sha256') };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** WebAssembly core specification, 5.5.3: id 0, length, name, contents. */
function customSection(name, text) {
  const body = Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from(text)]);
  return Buffer.concat([Buffer.from([0, ...leb128(body.length)]), body]);
}

/** A length: 7 bits a byte, the lowest first, all bytes but the last with the highest bit set. */
function leb128(n) {
  return n < 128 ? [n] : [(n & 127) | 128, ...leb128(n >> 7)];
}

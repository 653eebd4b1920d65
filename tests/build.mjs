// Builds what the browser tests load beside the product: the bridge's Go tests as wasm,
// and the SDK's wasm with a deliberate fault.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const out = path.join(root, 'tests/.build');
mkdirSync(out, { recursive: true });

const go = (...args) =>
  execFileSync('go', args, { cwd: root, env: { ...process.env, GOOS: 'js', GOARCH: 'wasm' }, stdio: ['ignore', 'inherit', 'inherit'] });

go('test', '-c', '-o', path.join(out, 'jsbridge.test.wasm'), './jsbridge');
go('build', '-tags', 'rtmfault', '-o', path.join(out, 'fault.wasm'), './wasm');

for (const program of ['badnet', 'bucketserver', 'natscluster'])
  execFileSync('go', ['build', '-trimpath', '-o', path.join(out, program), `./tests/${program}`], { cwd: root, env: { ...process.env, CGO_ENABLED: '0' }, stdio: ['ignore', 'inherit', 'inherit'] });

const goroot = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
copyFileSync(path.join(goroot, 'lib/wasm/wasm_exec.js'), path.join(out, 'wasm_exec.js'));
copyFileSync(path.join(root, 'tests/support/gotest.html'), path.join(out, 'gotest.html'));

/** The licenses of what is compiled into the program, which must come along with it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { toolchain } from './wasm.mjs';

/** The license texts of the Go standard library and of each module that the package is made of. */
export function licenses(pkg, cwd) {
  const list = execFileSync('go', ['list', '-C', cwd, '-deps', '-f', '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}', pkg], {
    encoding: 'utf8', env: { ...process.env, GOOS: 'js', GOARCH: 'wasm' },
  });
  const { version, root } = toolchain();
  const modules = new Map([[`Go ${version.slice(2)}`, root], ...list.split('\n').filter(Boolean).map((line) => line.split('\t'))]);
  return [...modules].map(([name, dir]) => {
    const file = readdirSync(dir).find((f) => /^(license|copying)/i.test(f));
    if (!file) throw new Error(`${name} has no license file in ${dir}`);
    return `${name}\n\n${readFileSync(path.join(dir, file), 'utf8').trim()}\n`;
  }).join(`\n${'-'.repeat(80)}\n\n`);
}

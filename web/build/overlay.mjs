/** What the program is built with in place of heavy packages of the standard library, and without. */
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const replaced = { fmt: 'fmt/fmt.go', strings: 'strings/strings.go', time: 'time/time.go' };
const root = path.resolve(import.meta.dirname, '../..');
const ours = path.join(root, 'wasm/std');

/** Names of the wire's constants: for the gateway's log and for tests. Go keeps every method String. */
const left = 'core/wire/rtm.names.go';

/**
 * Writes the go command's overlay file (`go help build`), which hides the files of those
 * packages and puts one of ours there. Without it the program is the same but for its size,
 * which is why RTM_GOFLAGS=-overlay= helps where a newer Go wants more of them than ours have.
 */
export function writeOverlay(file, goroot) {
  const replace = { [path.join(root, left)]: '' };
  for (const [pkg, ourFile] of Object.entries(replaced)) {
    const folder = path.join(goroot, 'src', pkg);
    for (const name of readdirSync(folder)) if (name.endsWith('.go')) replace[path.join(folder, name)] = '';
    replace[path.join(folder, path.basename(ourFile))] = path.join(ours, ourFile);
  }
  writeFileSync(file, JSON.stringify({ Replace: replace }));
}

/** The façade's files import each other without circles; types count too: whoever reads one needs the other. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

const sources = path.join(process.cwd(), 'web/src');

/** A circle of imports in a folder, as the names of its files; undefined if there is none. */
function findCycle(folder: string): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, above: string[]): string[] | undefined => {
    if (above.includes(file)) return [...above.slice(above.indexOf(file)), file];
    if (done.has(file)) return undefined;
    done.add(file);
    for (const [, next] of readFileSync(path.join(folder, file), 'utf8').matchAll(/(?:\bfrom|\bimport\(|^import)\s*'\.\/([^']+)'/gm)) {
      const cycle = visit(next!, [...above, file]);
      if (cycle) return cycle;
    }
    return undefined;
  };
  for (const file of readdirSync(folder)) {
    const cycle = file.endsWith('.ts') && visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

test('no file imports itself through others', () => {
  assert.equal(findCycle(sources)?.join(' -> '), undefined);
});

test('a circle is found, of values and of types', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rtm-cycle-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'a.ts'), "import { b } from './b.ts';\nimport type { C } from './c.ts';\n");
  writeFileSync(path.join(folder, 'b.ts'), "import './c.ts';\n");
  writeFileSync(path.join(folder, 'c.ts'), 'export type C = string;\n');
  assert.equal(findCycle(folder), undefined);
  writeFileSync(path.join(folder, 'c.ts'), "export * from './d.ts';\n");
  writeFileSync(path.join(folder, 'd.ts'), "import {\n  type B,\n} from './b.ts';\n");
  assert.deepEqual(findCycle(folder), ['b.ts', 'c.ts', 'd.ts', 'b.ts']);
});

/** Builds the site of the documentation into bin/docs-site. `make docs-site` runs it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Application } from 'typedoc';
import { build } from 'vitepress';
import { place, reached, root } from './pages.mjs';

const here = import.meta.dirname;
const src = path.join(here, 'src');
rmSync(src, { recursive: true, force: true });

const write = (name, text) => {
  mkdirSync(path.dirname(path.join(src, name)), { recursive: true });
  writeFileSync(path.join(src, name), text);
};
for (const [file, text] of reached()) write(place(file), text);
cpSync(path.join(root, 'docs/images'), path.join(src, 'images'), { recursive: true });
cpSync(path.join(root, 'web/demo/icon.svg'), path.join(src, 'public/icon.svg'));
for (const name of ['native', 'core', 'gateway', 'gateway/session']) write(`go/${name}.md`, execFileSync('go', ['run', './docs-site/godoc', name], { cwd: root, encoding: 'utf8' }));

const app = await Application.bootstrapWithPlugins({
  entryPoints: [path.join(root, 'web/src/rtm.d.ts')],
  tsconfig: path.join(here, 'tsconfig.json'),
  plugin: ['typedoc-plugin-markdown'],
  out: path.join(src, 'api'),
  entryFileName: 'index', readme: 'none', name: 'SDK', hideBreadcrumbs: true, disableSources: true, logLevel: 'Warn',
  useHTMLEncodedBrackets: false,
});
const project = await app.convert();
if (!project) throw new Error('rtm.d.ts cannot be read');
await app.generateOutputs(project);
if (app.logger.hasErrors()) process.exit(1);

await build(here);

import { cpSync } from 'node:fs';

const dist = new URL('dist/', import.meta.url).pathname;

export default {
  mode: 'production',
  context: import.meta.dirname,
  entry: './main.js',
  output: { path: dist, filename: 'main.js', clean: true },
  plugins: [{ apply: (compiler) => compiler.hooks.done.tap('page', () => cpSync(new URL('index.html', import.meta.url), `${dist}index.html`)) }],
};

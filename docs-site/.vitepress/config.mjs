import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitepress';
import { noteModules, writeLicenses } from '../licenses.mjs';
import { sidebar } from '../pages.mjs';

const base = '/docs/';

/** Colours code to its end: by default a line that takes 0.5 s on a busy machine loses some, and no two builds are the same. */
const withoutTimeLimit = { name: 'no-time-limit', preprocess: (_, options) => void (options.tokenizeTimeLimit = 0) };

export default defineConfig({
  title: 'rtm-wasm',
  description: 'An SDK with the API of the RTM Web SDK 1.4, including image and file messages, and the gateway for it',
  base,
  srcDir: 'src',
  outDir: '../bin/docs-site',
  cacheDir: '.vitepress/cache',
  metaChunk: true,
  head: [['link', { rel: 'icon', href: `${base}icon.svg` }]],
  appearance: { disableTransition: false }, // which would take styles within the page
  buildConcurrency: 1, // the index for the search is in the order in which pages are done
  vite: { plugins: [noteModules()], build: { chunkSizeWarningLimit: 1000 } },
  transformHtml: withoutInlineScripts,
  buildEnd: writeLicenses,
  markdown: {
    html: false,
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    anchor: { slugify },
    languageAlias: { mjs: 'js' },
    codeTransformers: [withoutTimeLimit],
    config: (md) => md.core.ruler.push('v-pre', withoutTemplates),
  },
  themeConfig: {
    nav: [{ text: 'SDK', link: '/api/' }, { text: 'Go', link: '/go/native' }],
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
  },
});

/** Anchors as GitHub makes them, which the links in the pages mean. */
function slugify(title) {
  return title.trim().toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
}

/** The pages are plain Markdown: {{ }} in them is text. */
function withoutTemplates(state) {
  for (const token of state.tokens)
    for (const child of token.children ?? []) if (child.type === 'text') child.content = child.content.replaceAll('{{', '{\u200b{');
}

/** Moves scripts within a page to files, so that a policy needs to name no hashes of them. They still run before the page is drawn. */
function withoutInlineScripts(html, _, { siteConfig }) {
  return html.replaceAll(/<script( id="[\w-]+")?>([^]*?)<\/script>/g, (_, id = '', script) => {
    const name = `assets/inline.${createHash('sha256').update(script).digest('base64url').slice(0, 8)}.js`;
    writeFileSync(path.join(siteConfig.outDir, name), script);
    return `<script${id} src="${base}${name}"></script>`;
  });
}

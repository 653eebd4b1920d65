import { defineConfig } from 'vitepress';
import { sidebar } from '../pages.mjs';

export default defineConfig({
  title: 'rtm-wasm',
  description: 'The API of the RTM Web SDK 1.4, image and file messages included, on a gateway of your own',
  base: '/docs/',
  srcDir: 'src',
  outDir: '../bin/docs-site',
  cacheDir: '.vitepress/cache',
  metaChunk: true,
  markdown: { html: false, anchor: { slugify }, config: (md) => md.core.ruler.push('v-pre', withoutTemplates) },
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

// Without the theme's font, which would be a third of the site.
import theme from 'vitepress/theme-without-fonts';
import { withBase } from 'vitepress';
import { h } from 'vue';
import './style.css';

/** What is shown where there is no page. The theme's own has no main part, which screen readers look for. */
const notFound = () =>
  h('main', { class: 'not-found' }, [h('h1', 'Page not found'), h('p', ['There is no page at this address. ', h('a', { href: withBase('/') }, 'Go to the home page')])]);

export default { ...theme, Layout: () => h(theme.Layout, null, { 'not-found': notFound }) };

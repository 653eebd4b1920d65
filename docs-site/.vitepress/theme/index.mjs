// Without the theme's font, which would be a third of the site.
export { default } from 'vitepress/theme-without-fonts';
import './style.css';

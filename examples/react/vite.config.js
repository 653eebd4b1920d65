export default {
  base: './',
  oxc: { jsx: { runtime: 'automatic' } },
  optimizeDeps: { exclude: ['rtm-wasm'] },
};

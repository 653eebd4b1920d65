export default {
  base: './',
  optimizeDeps: { exclude: ['rtm-wasm'] },
  worker: { format: 'es' },
};

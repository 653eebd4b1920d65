export default {
  base: './',
  // The dev server bundles packages anew, away from their files; this one needs its wasm beside it.
  optimizeDeps: { exclude: ['rtm-wasm'] },
};

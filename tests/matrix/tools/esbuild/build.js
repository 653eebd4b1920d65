for (const format of ['esm', 'iife']) {
  require('esbuild').buildSync({ entryPoints: { [format]: 'main.js' }, outdir: 'dist', bundle: true, format, logOverride: { 'empty-import-meta': 'silent' } });
}

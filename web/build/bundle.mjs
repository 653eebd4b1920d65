/** The TypeScript half of the build. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { toolchain } from './wasm.mjs';

/**
 * wasm_exec.js of the toolchain as a module: a function of the global object and the console
 * that the Go program is to have. The file names `fs` without saying whose.
 */
function wasmExecPlugin(file) {
  return {
    name: 'wasm_exec',
    setup(build) {
      build.onResolve({ filter: /^wasm_exec$/ }, () => ({ path: file, namespace: 'wasm_exec' }));
      build.onLoad({ filter: /.*/, namespace: 'wasm_exec' }, () => ({
        contents: `export default function (globalThis, console) {
          const fs = { writeSync: (fd, bytes) => globalThis.fs.writeSync(fd, bytes) };
          ${readFileSync(file, 'utf8')}
          return globalThis.Go;
        }`,
        loader: 'js',
      }));
    },
  };
}

/** esbuild options shared by the builds and the tests. */
export function common({ stamp, build }) {
  const file = path.join(toolchain().root, 'lib/wasm/wasm_exec.js');
  const theirs = new Set(readFileSync(file, 'utf8').match(/\b_\w+/g)); // Go finds some of them by name
  return {
    bundle: true,
    target: 'es2020',
    plugins: [wasmExecPlugin(file)],
    define: { RTM_STAMP: JSON.stringify(stamp), RTM_BUILD: JSON.stringify(build) },
    mangleProps: /^_[a-z]/,
    reserveProps: new RegExp(`^(${[...theirs].join('|')})$`),
    logLevel: 'warning',
  };
}

/** CommonJS, AMD or the global AgoraRTM. The script's element is only known while it runs. */
export const umd = {
  format: 'iife',
  globalName: 'rtm',
  banner: { js: `(function(root,make){var script=typeof document=="object"&&document&&document.currentScript;`
    + `typeof module=="object"&&module.exports?module.exports=make(script):typeof define=="function"&&define.amd?define(function(){return make(script)}):root.AgoraRTM=make(script)`
    + `})(typeof self=="object"?self:this,function(RTM_SCRIPT){` },
  footer: { js: 'return rtm.default});' },
};

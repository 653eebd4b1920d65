/** The TypeScript half of the build. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { toolchain } from './wasm.mjs';

/**
 * wasm_exec.js of the toolchain as a module: a function of the global object and the console
 * that the Go program is to have. The file names some things without saying whose.
 */
function wasmExecPlugin(file) {
  return {
    name: 'wasm_exec',
    setup(build) {
      build.onResolve({ filter: /^wasm_exec$/ }, () => ({ path: 'wasm_exec.js', namespace: 'go' }));
      build.onLoad({ filter: /.*/, namespace: 'go' }, () => ({
        contents: `export default function (globalThis, console) {
          const { TextEncoder, TextDecoder, crypto, performance, setTimeout, clearTimeout, Date } = globalThis;
          const fs = { writeSync: (fd, bytes) => globalThis.fs.writeSync(fd, bytes) };
          ${withoutNode(readFileSync(file, 'utf8'))}
          return globalThis.Go;
        }`,
        loader: 'js',
      }));
    },
  };
}

/**
 * wasm_exec.js begins with a pretended file system and process, which the program never calls: of
 * them it needs the constants it looks up when it starts, and the output of a panic. It is also
 * given no arguments and no environment: their place in the memory is full of zeros, as both lists end. If
 * the toolchain's file has another form one day, it stays as it is.
 */
function withoutNode(source) {
  return source.replace(/\tconst enosys = [^]*?(?=\tconst encoder = )/, `
    let output = "";
    globalThis.fs = {
      constants: new Proxy({}, { get: () => -1 }),
      writeSync(fd, bytes) {
        const lines = (output + decoder.decode(bytes)).split("\\n");
        output = lines.pop();
        if (lines.length) console.log(lines.join("\\n"));
        return bytes.length;
      },
    };
    globalThis.process = globalThis.path = {};
  `).replace(/let offset = 4096;[^]*?this\._inst\.exports\.run\(argc, argv\)/, 'this._inst.exports.run(0, 4096)')
    // What only the tests of Go itself call, and what only other programs do: the tests fail when ours begins to.
    .replace(/const testCallExport = [^]*?\n\t\t\t\}/, '')
    .replace(/_gotest: \{[^]*?\},(?=\s*gojs: )/, '')
    .replace(/"(debug|syscall\/js\.value(Delete|InstanceOf))": [^]*?\n\t{5}\},/g, '')
    // What program.ts replaces or sees to.
    .replace(/this\.argv = [^]*?(?=this\._pendingEvent)/, '')
    .replace(/if \(!\(instance instanceof WebAssembly\.Instance\)\) \{[^]*?\n\t{3}\}/, '')
    .replace(/if \(this\.exited\) \{[^]*?\n\t{3}\}/g, '')
    .replace('await this._exitPromise;', '')
    .replace(/const setInt32 = [^]*?\n\t{3}\}\n/, '') // what used it is gone
    .replace(/ \+ 0\b/g, '');
}

/** Properties that are private to the SDK, as its source names them. */
const OURS = /^_[a-z]/;

/**
 * What they are called in the bundle: short, but like no property that an application sets on a
 * client, a channel or an invitation. The shortest names, such as `n`, were overwritten.
 */
function privateNames() {
  const folder = path.join(import.meta.dirname, '../src');
  const source = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8')).join();
  const count = new Map();
  for (const name of source.match(/\b_\w+/g)) if (OURS.test(name)) count.set(name, (count.get(name) ?? 0) + 1);
  const names = [...count.keys()].sort((a, b) => count.get(b) - count.get(a) || (a < b ? -1 : 1)); // the most frequent are the shortest
  return Object.fromEntries(names.map((name, i) => [name, `rtm$${i.toString(36)}`]));
}

/** esbuild options shared by the builds and the tests. */
export function common({ stamp, integrity, build }) {
  const file = path.join(toolchain().root, 'lib/wasm/wasm_exec.js');
  const theirs = new Set(readFileSync(file, 'utf8').match(/\b_\w+/g)); // Go finds some of them by name
  return {
    bundle: true,
    target: 'es2017', // what webpack 4 and the tools around it can read
    plugins: [wasmExecPlugin(file)],
    define: { RTM_STAMP: JSON.stringify(stamp), RTM_INTEGRITY: JSON.stringify(integrity), RTM_BUILD: JSON.stringify(build) },
    mangleProps: OURS,
    mangleCache: privateNames(),
    reserveProps: new RegExp(`^(${[...theirs].join('|')})$`),
    logLevel: 'warning',
  };
}

/** ES modules: tools that read them know import.meta, whatever else they don't. */
export const modules = { format: 'esm', supported: { 'import-meta': true } };

/**
 * One file for script tags, AMD and CommonJS: bundlers that know no `exports` find it as the package's `main`. It gives the
 * object itself, which can be spied on, unlike the namespace of an ES module. The script's element is known only while the
 * script runs; in a bundle it is the bundle's. An <img name="currentScript"> hides it and would name another server as
 * the gateway: then the class is asked for it. RTM_SDK is what the entry makes.
 * Checkers of types take a plain `module.exports =` for a module without `default`.
 */
export const umd = {
  format: 'iife',
  banner: { js: '(function(root,make){var script;try{script=document.currentScript;script instanceof HTMLScriptElement||(script=Reflect.get(Document.prototype,"currentScript",document))}catch(e){script=null}'
    + 'typeof module=="object"&&module.exports?Object.assign(module,{exports:make(script,true)}):typeof define=="function"&&define.amd?define(function(){return make(script)}):root.AgoraRTM=make(script)'
    + '})(typeof self=="object"?self:this,function(RTM_SCRIPT,RTM_BUNDLED){var RTM_SDK;' },
  footer: { js: 'return RTM_SDK});' },
};

/** The same for a file that works on the SDK of another file. For a script tag it adds its exports to AgoraRTM. */
export const addition = {
  format: 'iife',
  globalName: 'RTM_ADDITION',
  banner: { js: '(function(root,make){typeof module=="object"&&module.exports?module.exports=make():typeof define=="function"&&define.amd?define(make):Object.assign(root.AgoraRTM,make())})(typeof self=="object"?self:this,function(){' },
  footer: { js: 'return RTM_ADDITION});' },
};

/** The text of what draws pictures, in a worker or on the page. */
export async function buildPictures() {
  const { outputFiles } = await esbuild.build({
    entryPoints: [path.join(import.meta.dirname, '../src/entry-pictures.ts')], bundle: true, write: false, minify: true, format: 'iife', target: 'es2017', logLevel: 'warning',
  });
  return outputFiles[0].text;
}

/** Programs with React, in either version that the hooks are tested with. */
import * as esbuild from 'esbuild';
import path from 'node:path';
import { root } from './proc.ts';

export type Version = 18 | 19;

/** Bundles a program (its text or its file) with React and the hooks as built last. */
export async function bundleReact(program: { text: string } | { file: string }, { version = 19, platform = 'browser', external = [] }: { version?: Version; platform?: 'browser' | 'node'; external?: string[] } = {}): Promise<string> {
  const alias: Record<string, string> = { 'rtm-wasm/react': path.join(root, 'web/dist/react.mjs'), 'rtm-wasm/placeholder': path.join(root, 'web/dist/placeholder.mjs') };
  if (version === 18) Object.assign(alias, { react: 'react-18', 'react-dom': 'react-dom-18' });
  const { outputFiles } = await esbuild.build({
    ...('text' in program ? { stdin: { contents: program.text, loader: 'tsx', resolveDir: path.join(root, 'tests') } } : { entryPoints: [program.file] }),
    bundle: true, write: false, jsx: 'automatic', format: platform === 'node' ? 'cjs' : 'esm', platform, alias, external,
    define: { 'process.env.NODE_ENV': '"development"' }, // where StrictMode runs effects twice
    logOverride: { 'ignored-bare-import': 'silent' }, logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

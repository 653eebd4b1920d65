/**
 * Checks blocks of sh, one command a line. Run for real, page by page in a folder of their own: rtm-gateway (on a free port, with
 * a data folder of its own), rtm-gateway token, media-url and doctor, echo, install, and curl of a gateway. Looked up: targets and variables of make,
 * folders and tests that go names, scripts and packages that npm names, files that node and playwright are given, the flags
 * of rtm-load and of a gateway that needs a cluster. Not checked at all: git clone, cd.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Gateway, root } from '../support/proc.ts';

type Check = (words: string[], at: { folder: string; line: string }) => string | undefined | Promise<string | undefined>;

/** What is wrong with the commands, in the order in which they are given. */
export async function shellProblems(text: string): Promise<string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rtm-docs-'));
  const problems: string[] = [];
  try {
    for (const line of commands(text)) {
      const words = line.split(/\s+/);
      while (/^[A-Z_]+=/.test(words[0]!)) {
        const problem = words.includes('make') ? variable(words[0]!) : undefined;
        if (problem) problems.push(`${line}: ${problem}`);
        words.shift();
      }
      const name = path.basename(words[0]!);
      const problem = Object.hasOwn(checks, name) ? await checks[name]!(words.slice(1), { folder, line }) : `there is no rule for ${name}`;
      if (problem) problems.push(`${line}: ${problem}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return problems;
}

/** The commands, without comments and line breaks within. */
function commands(text: string): string[] {
  return text.replaceAll(/\s*\\\n\s*/g, ' ').split(/\n|&&/).map((line) => line.replace(/(^|\s+)#.*/, '').trim()).filter(Boolean);
}

const makefile = readFileSync(path.join(root, 'Makefile'), 'utf8');

function variable(word: string): string | undefined {
  return makefile.includes(`\n${word.split('=')[0]} ?=`) ? undefined : `the Makefile has no ${word}`;
}

/** Runs the line as it is, with the gateway of this tree. */
const run: Check = (_, { folder, line }) => {
  const { status, stderr } = spawnSync('sh', ['-ec', line.replace('bin/rtm-gateway', 'rtm-gateway')], { cwd: folder, encoding: 'utf8', env: { ...process.env, PATH: `${root}/bin:${process.env.PATH}` } });
  return status === 0 ? undefined : `it ends with ${status}: ${stderr}`;
};

async function withGateway(args: string[], use: (url: string) => Promise<string | undefined> | string | undefined): Promise<string | undefined> {
  const gateway = new Gateway(args);
  try {
    return await use((await gateway.start()).url);
  } catch (e) {
    return String(e);
  } finally {
    await gateway.stop();
  }
}

/** Has a gateway of the same apps looked at, in place of the one that the page names. */
function doctor(words: string[], at: { folder: string; line: string }): Promise<string | undefined> {
  const apps = words.includes('--apps') ? ['--apps', path.join(at.folder, words[words.indexOf('--apps') + 1]!)] : [];
  return withGateway(apps, (gateway) => run(words, { ...at, line: at.line.replace(/--url \S+/, `--url ${gateway}`) }) as string | undefined);
}

const checks: Record<string, Check> = {
  echo: run,
  install: run,
  cd: () => undefined,
  git: () => undefined,
  'rtm-gateway': (words, at) => {
    if (words[0] === 'token' || words[0] === 'media-url') return run(words, at);
    if (words[0] === 'doctor') return doctor(words, at);
    if (words.some((word) => word.startsWith('--nats'))) return run(words, { ...at, line: `rtm-gateway ${words.join(' ')} --version` });
    const own = words.map((word, i) => (words[i - 1] === '--listen' ? '127.0.0.1:0' : words[i - 1] === '--data' ? path.join(at.folder, 'data') : words[i - 1] === '--apps' ? path.join(at.folder, word) : word));
    return withGateway(own, () => undefined);
  },
  'rtm-load': (words, at) => run(words, { ...at, line: `rtm-load ${words.join(' ')} --help` }),
  curl: (words) => withGateway([], async (gateway) => {
    const url = words.at(-1)!.replace('http://127.0.0.1:8080', gateway);
    return (await fetch(url)).ok ? undefined : `${url} does not answer with success`;
  }),
  make: (words) => {
    const targets = words.filter((word) => !word.includes('=') && word !== '-C' && word !== '..');
    const missing = targets.find((target) => !makefile.includes(`\n${target}:`));
    return missing ? `there is no target ${missing}` : words.filter((word) => word.includes('=')).map(variable).find(Boolean);
  },
  go: ([what, ...rest]) => {
    const tests = rest[rest.indexOf('-run') + 1];
    const folder = rest.find((word) => word.startsWith('.'));
    if (!['run', 'test', 'build', 'vet'].includes(what!) || !folder) return 'only run, test, build and vet of a folder are known';
    const source = folder === './...' ? '' : goSource(folder.replace(/\/\.\.\.$/, ''));
    if (source === undefined) return `there is no Go in ${folder}`;
    return rest.includes('-run') && !source.includes(`func ${tests}(`) ? `${folder} has no ${tests}` : undefined;
  },
  npm: ([what, ...rest]) => {
    if (what === 'ci') return undefined;
    const names = rest.filter((word) => !word.startsWith('-'));
    if (what === 'install') return names.length && names.every((name) => installable.test(name)) ? undefined : `what are ${names}?`;
    const workspace = rest[rest.indexOf('--workspace') + 1];
    const file = rest.includes('--workspace') ? `examples/${workspace!.replace('example-', '')}/package.json` : 'package.json';
    return what === 'run' && existsSync(path.join(root, file)) && JSON.parse(readFileSync(path.join(root, file), 'utf8')).scripts[names[0]!] ? undefined : `${file} has no script ${names[0]}`;
  },
  npx: ([tool, verb, ...rest]) => (tool === 'playwright' && verb === 'test' ? missingFile(rest) : `there is no rule for ${tool}`),
  node: ([script]) => missingFile([script!]),
};

/** The package: from a registry or as packed, in this folder's examples or in a project beside it, under either name. */
const packed = String.raw`(file:)?\.\./(rtm-wasm/)?bin/rtm-wasm\.tgz`;
const installable = new RegExp(`^(rtm-wasm|((rtm-wasm|agora-rtm-sdk)@)?${packed}|agora-rtm-sdk@npm:rtm-wasm)$`);

function missingFile(words: string[]): string | undefined {
  const missing = words.filter((word) => !word.startsWith('-')).find((word) => !existsSync(path.join(root, word)));
  return missing && `there is no ${missing}`;
}

function goSource(folder: string): string | undefined {
  const at = path.join(root, folder);
  const files = existsSync(at) ? readdirSync(at).filter((name) => name.endsWith('.go')) : [];
  return files.length ? files.map((name) => readFileSync(path.join(at, name), 'utf8')).join('\n') : undefined;
}

// Servers that the benchmarks use, and what they cost: CPU and memory of their process alone, from /proc,
// so that figures hold although the load comes from the same machine.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export const root = path.resolve(import.meta.dirname, '../..');
export const MiB = 1 << 20;

/** For all that a run writes, on the disk to be measured: it is removed in the end, because where a disk has no journal it makes new files slowly after many were removed. */
const scratch = mkdtempSync(path.join(process.env.SCRATCH ?? tmpdir(), 'rtm-bench-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

export const newFolder = () => mkdtempSync(path.join(scratch, 'f'));

const relays = path.join(root, 'tests/.build/relays');

/** A process that prints its address, and is killed in the end. */
export async function serve(program, args, env = {}, address = /url=(\S+)/) {
  const begun = performance.now();
  const p = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const ended = new Promise((done) => p.once('exit', done));
  const said = [];
  const url = await new Promise((found, failed) => {
    for (const out of [p.stdout, p.stderr])
      createInterface({ input: out }).on('line', (line) => {
        if (said.length < 20) said.push(line);
        const [, at] = address.exec(line) ?? [];
        if (at) found(at);
      });
    ended.then(() => failed(new Error(`${program} has ended:\n${said.join('\n')}`)));
  });
  const stat = (file) => readFileSync(`/proc/${p.pid}/${file}`, 'latin1');
  const number = (file, name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(stat(file))[1]);
  return {
    url,
    took: performance.now() - begun,
    /** Seconds of CPU so far. */
    cpu: () => stat('stat').split(') ')[1].split(' ').slice(11, 13).reduce((sum, ticks) => sum + Number(ticks) / 100, 0),
    /** Resident bytes, now and at most so far. */
    memory: () => 1024 * number('status', 'VmRSS'),
    peak: () => 1024 * number('status', 'VmHWM'),
    /** Bytes that it had the disk read and write so far. */
    disk: () => ({ read: number('io', 'read_bytes'), written: number('io', 'write_bytes') }),
    async stop(signal = 'SIGKILL') {
      p.kill(signal);
      await ended;
    },
  };
}

/** A gateway, by default the one of this tree on a data folder of its own; with --nats it has none. */
export function startGateway({ program = './bin/rtm-gateway', data = newFolder(), args = [], env } = {}) {
  return serve(program, ['--listen', '127.0.0.1:0', ...(args.includes('--nats') ? [] : ['--data', data]), ...args], env);
}

/** One NATS server, for gateways that are to know each other. */
export async function startNATS() {
  const program = path.join(root, 'tests/.build/nats-server');
  execFileSync('go', ['build', '-trimpath', '-o', program, 'github.com/nats-io/nats-server/v2'], { cwd: root });
  const server = await serve(program, ['--addr', '127.0.0.1', '--port', '-1', '--jetstream', '--store_dir', newFolder()], {}, /client connections on (\S+)/);
  return { ...server, url: `nats://${server.url}` };
}

/** What the gateway is compared with: "bare" or "centrifuge". */
export const startRelay = (kind) => serve(relays, [kind]);

/** Runs a load; gives its output, and what `meanwhile` gave that was called when all had logged in. */
export async function run(program, args, meanwhile) {
  let during;
  const output = await new Promise((done, fail) => {
    const p = execFile(program, args, { cwd: root, maxBuffer: MiB }, (error, out, notes) => (error && !out ? fail(new Error(notes)) : done(out)));
    createInterface({ input: p.stderr }).on('line', (line) => line.startsWith('running') && (during = meanwhile?.()));
  });
  return [output, await during];
}

export const flagsOf = (flags) => Object.entries(flags).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)]));

/** Runs rtm-load; gives its table as {kind: {count, rate, p50, p99, max, failed}}. */
export async function load(gateway, flags, meanwhile) {
  const [output, during] = await run('./bin/rtm-load', ['--gateway', gateway.url, ...flagsOf(flags)], meanwhile);
  const table = {};
  for (const line of output.split('\n').slice(1)) {
    const m = /^\s*(\S.*?)\s{2,}(\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\d+)\s*$/.exec(line);
    if (m) table[m[1]] = { count: +m[2], rate: +m[3], p50: +m[4], p99: +m[5], max: +m[7], failed: +m[8] };
  }
  return [table, during];
}

/** The same of a relay: {count, rate, p50, p99, failed}. */
export async function loadRelay(kind, relay, flags, meanwhile) {
  const [output, during] = await run(relays, ['load', '--kind', kind, '--url', relay.url, ...flagsOf(flags)], meanwhile);
  return [JSON.parse(output), during];
}

/** CPU that a server uses a second, while a load of some seconds runs. */
export async function cpuWithin(server, seconds) {
  await sleep(2000); // logins and joins have died down
  const before = server.cpu();
  await sleep((seconds - 3) * 1000);
  return (server.cpu() - before) / (seconds - 3);
}

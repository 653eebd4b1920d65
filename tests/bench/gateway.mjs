// make bench-gateway: what a gateway costs its machine. CPU and memory are the gateway process's own, from /proc, so that
// figures hold although the load comes from the same machine; speeds are those of both together.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const root = path.resolve(import.meta.dirname, '../..');
const MiB = 1 << 20;
const rows = [];
const row = (what, figure) => rows.push([what, figure]);
const round = (n) => (n >= 100 ? Math.round(n).toLocaleString('en') : n.toFixed(1));

/** A gateway process on a data folder of its own. */
async function start() {
  const data = mkdtempSync(path.join(tmpdir(), 'rtm-bench-'));
  const begun = performance.now();
  const p = spawn('./bin/rtm-gateway', ['--listen', '127.0.0.1:0', '--data', data], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const url = await new Promise((found) => {
    for (const out of [p.stdout, p.stderr]) createInterface({ input: out }).on('line', (line) => /url=(\S+)/.test(line) && found(/url=(\S+)/.exec(line)[1]));
  });
  const stat = (file) => readFileSync(`/proc/${p.pid}/${file}`, 'latin1');
  return {
    url,
    took: performance.now() - begun,
    /** Seconds of CPU so far. */
    cpu: () => stat('stat').split(') ')[1].split(' ').slice(11, 13).reduce((sum, ticks) => sum + Number(ticks) / 100, 0),
    /** Resident bytes. */
    memory: () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(stat('status'))[1]),
    async stop() {
      p.kill('SIGKILL');
      await new Promise((ended) => p.once('exit', ended));
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Runs rtm-load; gives its table as {kind: {count, rate, p50, p99, failed}}, and what `meanwhile` gave. */
async function load(gateway, flags, meanwhile) {
  const args = ['--gateway', gateway.url, ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])];
  let during;
  const output = await new Promise((done, fail) => {
    const p = execFile('./bin/rtm-load', args, { cwd: root, maxBuffer: MiB }, (error, out, notes) => (error ? fail(new Error(`${notes}${out}`)) : done(out)));
    createInterface({ input: p.stderr }).on('line', (line) => line.startsWith('running') && (during = meanwhile?.()));
  });
  const table = {};
  for (const line of output.split('\n').slice(1)) {
    const m = /^\s*(\S.*?)\s{2,}(\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\d+)\s*$/.exec(line);
    if (m) table[m[1]] = { count: +m[2], rate: +m[3], p50: +m[4], p99: +m[5], failed: +m[8] };
  }
  return [table, await during];
}

/** CPU of the gateway for each message, in µs, while `flags` run, less what the sessions cost by themselves. */
async function costOfMessage(flags, kind, idleCpu) {
  const gateway = await start();
  try {
    const seconds = flags.duration.replace('s', '');
    const [table, cpu] = await load(gateway, flags, async () => {
      await sleep(2000); // logins and joins have died down
      const before = gateway.cpu();
      await sleep(seconds * 1000 - 3000);
      return (gateway.cpu() - before) / (seconds - 3);
    });
    return { ...table[kind], cpu: ((cpu - idleCpu) / table[kind].rate) * 1e6 };
  } finally {
    await gateway.stop();
  }
}

const starts = [];
for (let i = 0; i < 5; i++) {
  const gateway = await start();
  starts.push(gateway.took);
  await gateway.stop();
}
row('start to the first answer', `${round(starts.sort((a, b) => a - b)[2])} ms`);

/** What sessions cost that only stay: CPU seconds a second, and bytes each. */
async function idle(sessions) {
  const gateway = await start();
  try {
    await sleep(1000);
    const empty = gateway.memory();
    const [, used] = await load(gateway, { sessions, ramp: ramp(sessions), duration: '8s', 'peer-rate': 0 }, async () => {
      await sleep(2000);
      const before = gateway.cpu();
      await sleep(5000);
      return { cpu: (gateway.cpu() - before) / 5, memory: gateway.memory() };
    });
    return { empty, cpu: used.cpu, each: (used.memory - empty) / sessions };
  } finally {
    await gateway.stop();
  }
}

const ramp = (sessions) => `${Math.ceil(sessions / 200)}s`;
const RATE = 1000;
for (const sessions of [100, 1000, 4000]) {
  const still = await idle(sessions);
  if (sessions === 100) row('memory of a gateway without sessions', `${round(still.empty / MiB)} MiB`);
  if (sessions === 4000) row(`an idle session, of ${sessions}`, `${round(still.each / 1024)} KiB, so ${round((1024 * MiB) / still.each)} in a GiB; ${round((still.cpu / sessions) * 1e6)} µs of CPU a second, for pings`);
  const m = await costOfMessage({ sessions, ramp: ramp(sessions), duration: '8s', 'peer-rate': RATE }, 'peer message arrives', still.cpu);
  row(`a 1 KB message to a peer, among ${sessions} sessions, ${RATE} a second`, `${round(m.cpu)} µs of CPU; p50 ${m.p50} ms, p99 ${m.p99} ms`);
}
{
  const sessions = 1000;
  const still = await idle(sessions);
  const m = await costOfMessage({ sessions, ramp: ramp(sessions), duration: '8s', 'peer-rate': 0, channels: 1, members: 1000, 'channel-rate': 5 }, 'channel message arrives', still.cpu);
  row('a 1 KB message to a channel of 1 000, 5/s: each delivery', `${round(m.cpu)} µs of CPU; p50 ${m.p50} ms, p99 ${m.p99} ms`);
}
for (const [uploads, size] of [[2, 8 * MiB], [200, 100_000]]) {
  const gateway = await start();
  const [table, used] = await load(gateway, { sessions: 200, ramp: '2s', duration: '10s', 'peer-rate': 0, uploads, 'upload-size': size }, async () => {
    const before = gateway.cpu();
    await sleep(8000);
    return { cpu: (gateway.cpu() - before) / 8, memory: gateway.memory() };
  });
  const mb = ((table.upload.rate + table.download.rate) * size) / 1e6;
  row(`files of ${round(size / 1000)} KB, ${uploads} at a time, up and then down`, `${round((table.upload.rate * size) / 1e6)} MB/s in and as much out; ${round((used.cpu / mb) * 1000)} ms of CPU for each MB; memory ${round(used.memory / MiB)} MiB`);
  await gateway.stop();
}

const width = Math.max(...rows.map(([what]) => what.length));
console.log(`${cpus().length} × ${cpus()[0].model}, gateway and load on the same\n`);
for (const [what, figure] of rows) console.log(`${what.padEnd(width)}  ${figure}`);

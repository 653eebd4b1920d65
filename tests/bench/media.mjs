// What media cost a gateway: in a folder, in a bucket, and as an older commit stored them (OLD names it), in turn in one run. FILES,
// ROUNDS and SECONDS make it smaller.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { flagsOf, MiB, newFolder, root, run, serve, startGateway } from './server.mjs';

const SECONDS = Number(process.env.SECONDS ?? 9);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const FILES = Number(process.env.FILES ?? 100_000);
const OLD_FILES = Math.min(FILES, 17_000); // 1.7 GB: it is filled by uploads
const KB = 1000;
const mediaload = path.join(root, 'tests/.build/mediaload');

const round = (n) => (n >= 100 ? Math.round(n).toLocaleString('en') : n.toFixed(1));
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const middle = (runs, of) => median(runs.map(of));

/** Runs a command of mediaload; gives what it prints, and what `meanwhile` gave that was called when all had logged in. */
async function media(command, gateway, flags, meanwhile) {
  const [output, during] = await run(mediaload, [command, ...(gateway ? ['--gateway', gateway.url] : []), ...flagsOf(flags)], meanwhile);
  const outcome = JSON.parse(output);
  if (outcome.failed && command !== 'append') console.error(`${command}: ${outcome.failed} FAILED: ${outcome.failure}`);
  return [outcome, during];
}

async function freeAddress() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return `127.0.0.1:${port}`;
}

/** The gateway of an older commit, built from its sources with the SDK's files of today. */
function buildOld(commit) {
  const dir = path.join(root, 'tests/.build/old', commit);
  const program = path.join(dir, 'rtm-gateway');
  if (!existsSync(program)) {
    mkdirSync(dir, { recursive: true });
    execFileSync('sh', ['-c', `git archive ${commit} | tar -x -C '${dir}' && cp -r web/dist '${dir}/web/'`], { cwd: root });
    execFileSync('go', ['build', '-trimpath', '-o', program, './gateway/cmd/rtm-gateway'], { cwd: dir, stdio: 'inherit' });
  }
  return program;
}

/** An S3 server on a folder, with a bucket; `requests` counts what it was asked since the last time. */
async function startS3() {
  const program = execFileSync('go', ['-C', 'tests/s3server', 'tool', '-n', 'versitygw'], { cwd: root, encoding: 'utf8' }).trim();
  const dir = newFolder();
  const address = await freeAddress();
  mkdirSync(path.join(dir, 'store/media'), { recursive: true });
  const log = path.join(dir, 'log');
  const flags = ['--access', 'bench', '--secret', 'bench-secret', '--region', 'us-east-1', '--port', address, '--access-log', log, '--quiet', 'posix', path.join(dir, 'store')];
  const server = await serve('sh', ['-c', `echo url=http://${address}; exec "$0" "$@"`, program, ...flags]);
  while (!(await fetch(server.url).catch(() => false))) await sleep(20);
  let seen = 0;
  return {
    ...server,
    env: { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench-secret', AWS_EC2_METADATA_DISABLED: 'true' },
    flag: `s3://media?endpoint=http://${address}&region=us-east-1`,
    requests() {
      const lines = existsSync(log) ? readFileSync(log, 'latin1').split('\n').length - 1 : 0;
      const more = lines - seen;
      seen = lines;
      return more;
    },
  };
}

/** Uploads for some seconds: the outcome, with what it cost the gateway. */
async function uploads(store, users, size) {
  const metrics = await freeAddress();
  const gateway = await store.start({ args: ['--metrics', metrics] });
  try {
    let most = 0;
    const watch = setInterval(async () => {
      const text = await fetch(`http://${metrics}/metrics`).then((r) => r.text(), () => '');
      most = Math.max(most, Number(/^go_goroutines (\d+)/m.exec(text)?.[1] ?? 0));
    }, 250);
    let cpu, disk;
    const [outcome] = await media('upload', gateway, { users, size, for: `${SECONDS}s` }, () => {
      [cpu, disk] = [gateway.cpu(), gateway.disk()];
      store.requests?.();
    });
    clearInterval(watch);
    const { files, seconds, p50, p99, failed } = outcome;
    return {
      files, failed, p50, p99, most,
      rate: files / seconds,
      cpu: ((gateway.cpu() - cpu) / files) * 1000,
      written: (gateway.disk().written - disk.written) / (files * size),
      peak: gateway.peak(),
      requests: store.requests && store.requests() / files,
    };
  } finally {
    await gateway.stop();
  }
}

/** Reads files that the system has dropped from memory: how many bytes the disk reads. */
async function coldReads(store, size = 300 * KB, files = 300) {
  const data = newFolder();
  const keys = `${data}.keys`;
  const first = await store.start({ data });
  await media('upload', first, { users: 20, size, files: 20 * files, keys });
  await first.stop('SIGTERM');
  const gateway = await store.start({ data });
  try {
    await media('forget', null, { dir: data }); // only now: a start may have read everything
    let before;
    const [outcome] = await media('read', gateway, { users: 2, size, files, keys }, () => (before = gateway.disk().read));
    return { ...outcome, bytes: gateway.disk().read - before };
  } finally {
    await gateway.stop();
  }
}

/** Sends a file byte by byte: how many bytes the disk writes. */
async function tinyAppends(store, files = 500) {
  const gateway = await store.start();
  try {
    let before;
    const [outcome] = await media('append', gateway, { files }, () => (before = gateway.disk().written));
    await sleep(1000);
    return { ...outcome, bytes: gateway.disk().written - before };
  } finally {
    await gateway.stop();
  }
}

/** Starts after kill -9 amid uploads, with files stored: ms until /readyz says 200, and resident bytes two seconds later. */
async function startAfterKill(store, files, fill) {
  const data = newFolder();
  const first = await store.start({ data });
  if (files) {
    await fill(first, data, files);
    const cut = { users: 100, size: 100 * KB, for: '2s' };
    await run(mediaload, ['upload', '--gateway', first.url, ...flagsOf(cut)], () => sleep(1500).then(() => first.stop()));
  } else await first.stop();
  await media('forget', null, { dir: data });
  const begun = performance.now();
  const address = await freeAddress();
  const starting = store.start({ data, args: ['--listen', address] });
  while (!(await fetch(`http://${address}/readyz`).then((r) => r.ok, () => false))) await sleep(2);
  const took = performance.now() - begun;
  const gateway = await starting;
  await sleep(2000);
  const seen = { took, memory: gateway.memory(), read: gateway.disk().read };
  await gateway.stop();
  return seen;
}

const fillByUploads = (gateway, _, files) => media('upload', gateway, { users: 200, size: 100 * KB, files });

/** Copies of one file are as good as uploads, and quicker. */
async function fillByCopies(gateway, data, files) {
  await media('upload', gateway, { size: 100 * KB, files: 1 });
  await media('copy', null, { dir: path.join(data, 'media'), files });
}

/** What the fsync of each file costs a folder, by its own benchmark. */
function syncRows(row) {
  const output = execFileSync('go', ['test', '-run', '-', '-bench', 'Files', '-benchtime', '2s', './gateway/mediastore/folder'], { cwd: root, encoding: 'latin1', env: { ...process.env, TMPDIR: newFolder() } });
  const ns = {};
  for (const [, name, number] of output.matchAll(/^BenchmarkFiles\/(\S+?)(?:-\d+)?\s+\d+\s+(\S+) ns\/op/gm)) ns[name] = Number(number);
  for (const size of ['100KB', '4MiB'])
    row(`the folder alone stores files of ${size}, 50 at a time`, `${round(1e9 / ns[`${size}/fsync`])} a second with an fsync each, ${round(1e9 / ns[`${size}/none`])} without`);
}

/** Measures, and calls row(what, figure) for each figure. */
export async function mediaRows(row) {
  execFileSync('go', ['build', '-o', mediaload, './tests/bench/mediaload'], { cwd: root, stdio: 'inherit' });
  const folder = { name: 'folder', start: startGateway };
  const stores = [folder];
  let old, s3;
  if (process.env.OLD) {
    const program = buildOld(process.env.OLD);
    stores.push((old = { name: process.env.OLD, start: (o) => startGateway({ ...o, program }) }));
  }
  try {
    s3 = await startS3();
    stores.push({ name: 'bucket', start: (o = {}) => startGateway({ ...o, args: ['--media', s3.flag, ...(o.args ?? [])], env: s3.env }), requests: s3.requests });
    /** Runs a measurement on all stores in turn, and again: [[store, runs]…]. */
    const inTurn = async (rounds, measure) => {
      const runs = stores.map((store) => [store, []]);
      for (let i = 0; i < rounds; i++) for (const [store, list] of runs) list.push(await measure(store));
      return runs;
    };
    for (const [size, budget] of [[4 * MiB, '≤ 300 MiB'], [100 * KB, '≥ 1,876 a second']]) {
      for (const [store, runs] of await inTurn(ROUNDS, (store) => uploads(store, 200, size))) {
        const m = (name) => middle(runs, (r) => r[name]);
        const failed = runs.reduce((sum, r) => sum + r.failed, 0);
        row(
          `uploads of ${round(size / KB)} KB, 200 at a time, ${store.name} (${budget})`,
          `${round(m('rate'))} a second, ${round((m('rate') * size) / 1e6)} MB/s; memory at most ${round(m('peak') / MiB)} MiB; ${m('cpu').toFixed(2)} ms of CPU each; p50 ${round(m('p50'))} ms, p99 ${round(m('p99'))} ms; ` +
            `${m('written').toFixed(1)} × written; goroutines at most ${m('most')} of ${round(m('files'))} uploads${store.requests ? `; ${m('requests').toFixed(2)} S3 requests each` : ''}${failed ? `; ${failed} FAILED` : ''}`,
        );
      }
    }
    syncRows(row);
    for (const [store, [r]] of (await inTurn(1, coldReads)).filter(([s]) => s.name !== 'bucket'))
      row(`300 of 6 000 files of 300 KB, not in memory, ${store.name}`, `${round(r.bytes / 1e6)} MB read from disk for 90 MB; p50 ${round(r.p50)} ms`);
    for (const [store, [r]] of await inTurn(1, tinyAppends))
      row(`500 requests that append a byte, ${store.name}`, `${round(r.bytes / 1e6)} MB written to disk in ${round(r.seconds * 1000)} ms${r.failed ? `; ${r.failed} refused: ${r.failure}` : ''}`);
    for (const store of [folder, old].filter(Boolean)) {
      const files = store === old ? OLD_FILES : FILES;
      const empty = await startAfterKill(store, 0);
      const full = await startAfterKill(store, files, store === old ? fillByUploads : fillByCopies);
      row(
        `ready after kill -9 with ${round((files * 100) / KB / 1000)} GB in ${files.toLocaleString('en')} files, ${store.name} (< 1 s)`,
        `${round(full.took)} ms (${round(empty.took)} without files); read ${round(full.read / 1e6)} MB; memory ${round(full.memory / MiB)} MiB (${round(empty.memory / MiB)} without), ${round((full.memory - empty.memory) / files)} bytes for each file`,
      );
    }
  } finally {
    await s3?.stop();
  }
}

// make bench-gateway: what a gateway costs its machine. CPU and memory are the server's own; latencies and speeds are those
// of server and load together, on one machine. docs/performance.md has a run of it and says what it means.
// ONLY=messages, comeback or media: only those rows.
import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { comeBack } from './comeback.mjs';
import { mediaRows } from './media.mjs';
import { cpuWithin, load, loadRelay, MiB, startGateway, startRelay } from './server.mjs';

const SECONDS = 9;
const RATE = 3000; // so many that sessions' own cost is little beside it
const rows = [];
const row = (what, figure) => {
  rows.push([what, figure]);
  console.error(`${what}: ${figure}`); // a run takes minutes
};
const round = (n) => (n >= 100 ? Math.round(n).toLocaleString('en') : n.toFixed(1));
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const ramp = (sessions) => `${Math.ceil(sessions / 200)}s`;
const lost = (m) => (m.failed ? `; ${m.failed} FAILED` : '');

async function withServer(start, use) {
  const server = await start();
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

/** What sessions cost that only stay: CPU seconds a second of all, and bytes each. */
const idle = (sessions) =>
  withServer(startGateway, async (gateway) => {
    await sleep(1000);
    const empty = gateway.memory();
    const [, used] = await load(gateway, { sessions, ramp: ramp(sessions), duration: `${SECONDS}s`, 'peer-rate': 0 }, async () => ({
      cpu: await cpuWithin(gateway, SECONDS),
      memory: gateway.memory(),
    }));
    return { empty, cpu: used.cpu, each: (used.memory - empty) / sessions };
  });

/** µs of the gateway's CPU for each message that arrives, less what its sessions cost by themselves. */
const gatewayCost = (flags, kind, idleCpu) =>
  withServer(startGateway, async (gateway) => {
    const [table, cpu] = await load(gateway, { ramp: ramp(flags.sessions), settle: '20s', duration: `${SECONDS}s`, 'peer-rate': 0, ...flags }, () => cpuWithin(gateway, SECONDS));
    return { ...table[kind], cpu: ((cpu - idleCpu) / table[kind].rate) * 1e6 };
  });

const relayCost = (kind, flags) =>
  withServer(() => startRelay(kind), async (relay) => {
    const [m, cpu] = await loadRelay(kind, relay, { ramp: ramp(flags.sessions), duration: `${SECONDS}s`, ...flags }, () => cpuWithin(relay, SECONDS));
    return { ...m, cpu: (cpu / m.rate) * 1e6 };
  });

const told = (m, beside) =>
  `${round(m.cpu)} µs of CPU${beside ? ` (${(m.cpu / beside.cpu).toFixed(2)} × the bare relay)` : ''}: ${round(2e6 / m.cpu)} a second on 2 cores; p50 ${round(m.p50)} ms, p99 ${round(m.p99)} ms${lost(m)}`;

async function messageRows() {
  const starts = [];
  for (let i = 0; i < 5; i++) await withServer(startGateway, (gateway) => starts.push(gateway.took));
  row('start to the first answer', `${round(median(starts))} ms`);

  const still = {};
  for (const sessions of [100, 1000, 5000]) {
    const s = (still[sessions] = await idle(sessions));
    if (sessions === 100) row('memory of a gateway without sessions', `${round(s.empty / MiB)} MiB`);
    if (sessions !== 100) row(`an idle session, of ${sessions}`, `${round(s.each / 1024)} KiB, so ${round((1024 * MiB) / s.each)} in a GiB; ${round((s.cpu / sessions) * 1e6)} µs of CPU a second, for pings`);
  }
  const toPeer = (sessions, rate) => gatewayCost({ sessions, 'peer-rate': rate }, 'peer message arrives', still[sessions].cpu);
  {
    const pair = { sessions: 1000, rate: RATE };
    const bare = await relayCost('bare', pair);
    row(`1 KB to a peer, 1000 sessions, ${RATE} a second: bare relay`, told(bare));
    for (const sessions of [1000, 100, 5000]) row(`… the gateway, ${sessions} sessions`, told(await toPeer(sessions, RATE), bare));
    row('… centrifuge', told(await relayCost('centrifuge', pair), bare));
  }
  row('1 KB to channels of 10, 1 000 sessions, 300 a second: each delivery', told(await gatewayCost({ sessions: 1000, channels: 100, members: 10, 'channel-rate': 300 }, 'channel message arrives', still[1000].cpu)));
  {
    const pair = { sessions: 1000, rate: 5, all: true };
    const bare = await relayCost('bare', pair);
    row('1 KB to a channel of 1 000, 5 a second, each delivery: bare relay', told(bare));
    row('… centrifuge', told(await relayCost('centrifuge', pair), bare));
    row('… the gateway', told(await gatewayCost({ sessions: 1000, channels: 1, members: 1000, 'channel-rate': 5 }, 'channel message arrives', still[1000].cpu), bare));
  }
}

/** Files that go up and then down, by the SDK itself. */
async function fileRows() {
  for (const [uploads, size] of [[2, 8 * MiB], [200, 100_000], [200, 4 * MiB]]) {
    await withServer(startGateway, async (gateway) => {
      const [{ upload, download }, cpu] = await load(gateway, { sessions: 200, ramp: '2s', duration: `${SECONDS}s`, 'peer-rate': 0, uploads, 'upload-size': size }, () => cpuWithin(gateway, SECONDS));
      const mb = ((upload.rate + download.rate) * size) / 1e6;
      row(`files of ${round(size / 1000)} KB, ${uploads} at a time, up and then down`, `${round((upload.rate * size) / 1e6)} MB/s in, ${round((download.rate * size) / 1e6)} MB/s out; ${round((cpu / mb) * 1000)} ms of CPU for each MB; memory at most ${round(gateway.peak() / MiB)} MiB${lost(upload)}`);
    });
  }
}

/** A gateway of two is killed. */
async function comeBackRows() {
  const sessions = 5000;
  const { 'back after an interruption': back, 'channel message arrives': heard } = await comeBack(sessions);
  row(`one of two gateways with ${sessions} sessions is killed: clients back, each in its channel`, `${back.count}: p50 ${round(back.p50)} ms, p99 ${round(back.p99)} ms, the last after ${round(back.max)} ms${lost(back)}; channel messages meanwhile: at most ${round(heard.max)} ms late${lost(heard)}`);
}

const parts = { messages: messageRows, comeback: comeBackRows, media: () => fileRows().then(() => mediaRows(row)) };
const { ONLY: only } = process.env;
if (only && !parts[only]) throw new Error(`ONLY=${only}: there are ${Object.keys(parts)}`);
for (const [name, run] of Object.entries(parts)) if (!only || name === only) await run();

const width = Math.max(...rows.map(([what]) => what.length));
console.log(`${cpus().length} × ${cpus()[0].model}, ${round(totalmem() / 2 ** 30)} GiB, servers and load on the same\n`);
for (const [what, figure] of rows) console.log(`${what.padEnd(width)}  ${figure}`);

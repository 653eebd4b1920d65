// make bench: one table. Figures are medians of ratios of pairs taken side by side in this run, behind them
// their spread, the medians of both sides, and the ratio of their minima, which other work on the machine disturbs least.
// ONLY=transfers, starts or roundtrips leaves all else out; PAIRS says how many pairs, ROUNDS how many round trips.
// VENDOR_SCRIPT=FILE, which has the vendor's script, compares the starts with it.
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';
import { chromiumPath, plainBrowser } from './browser.mjs';
import { load, prepare, roundTrips } from './latency.mjs';
import { network } from './network.mjs';
import { preparePhotos } from './pictures.mjs';
import { root, serve, startGateway } from './server.mjs';
import { budgets, sizes } from './size.mjs';
import { starts } from './start.mjs';
import { countRequests, memoryAfterNine } from './transfer.mjs';

const pairs = Number(process.env.PAIRS ?? 7);
const rounds = Number(process.env.ROUNDS ?? 300);
const lineSpeed = 50_000_000; // bytes a second: on loopback all that runs at all takes of the same cores

const median = (xs) => [...xs].sort((a, b) => a - b)[xs.length >> 1];
/** The median of pairs' ratios, their spread, and the medians of both sides. */
const ratio = ({ times }) => {
  const xs = times.map(([sdk, bare]) => sdk / bare);
  const [sdk, bare] = [0, 1].map((side) => times.map((pair) => pair[side]));
  const least = Math.min(...sdk) / Math.min(...bare);
  return `${median(xs).toFixed(2)}× (${Math.min(...xs).toFixed(2)}–${Math.max(...xs).toFixed(2)}; ${median(sdk).toFixed(1)} / ${median(bare).toFixed(1)} ms; minima ${least.toFixed(2)}×)`;
};
const quantile = (xs, q) => [...xs].sort((a, b) => a - b)[Math.min(xs.length - 1, Math.floor(q * xs.length))];
const over = (a, b, q) => `${(quantile(a, q) / quantile(b, q)).toFixed(2)}× (${quantile(a, q).toFixed(1)} / ${quantile(b, q).toFixed(1)} ms)`;
const kb = (n) => `${(n / 1024).toFixed(1)} KB`;
const rows = [];
const row = (what, figure, budget, goal) => rows.push([what, figure, budget, goal]);

const s = await sizes();
row('wasm, brotli 11, against the bare Go runtime', `${(s.wasm / s.bare).toFixed(2)}× (${kb(s.wasm)} / ${kb(s.bare)})`, `≤ ${budgets.wasm[0].toFixed(2)}×`, `≤ ${budgets.wasm[1].toFixed(2)}×`);
row('loader and façade, gzip 9', kb(s.script), `≤ ${kb(budgets.script[0])}`, `≤ ${kb(budgets.script[1])}`);

execFileSync('go', ['build', '-o', 'tests/.build/relay', './tests/bench/relay'], { cwd: root, stdio: 'inherit' });
const [gateway, relay] = await Promise.all([startGateway(), serve('./tests/.build/relay', [])]);
const browser = await chromium.launch({ executablePath: chromiumPath });

/** A page of the gateway's own origin with the SDK, logged in. */
async function login(url, uid, verify = true) {
  const page = await browser.newPage();
  await page.goto(`${url}/healthz`);
  await page.addScriptTag({ url: `${url}/sdk/rtm.js` });
  await page.evaluate(async ([uid, verify]) => {
    AgoraRTM.setParameter('VERIFY_MEDIA', verify);
    window.memories = [];
    const { instantiate } = WebAssembly;
    WebAssembly.instantiate = async (...args) => {
      const result = await instantiate(...args);
      window.memories.push((result.instance ?? result).exports.mem);
      return result;
    };
    window.client = AgoraRTM.createInstance('A0'.repeat(16), { logFilter: AgoraRTM.LOG_FILTER_ERROR });
    await window.client.login({ uid });
  }, [uid, verify]);
  return page;
}

/** Transfers beside the browser's own to a server that drops what it gets, and has what it gives on disk. */
async function transferRows(gateway, plain) {
  const browser = await plainBrowser();
  const lines = [];
  const timed = (way, bytes, pairs, more = {}) => browser.run({ gateway, plain, verify: true, ...more, way, bytes, pairs });
  try {
    const up = await timed('up', 30 << 20, pairs);
    row('upload 30 MiB, against an XHR PUT that is discarded', ratio(up), '≤ 1.30×', '≤ 1.10×');
    const down = await timed('down', 30 << 20, pairs);
    row("download 30 MiB, against fetch(no-store).blob()", ratio(down), '≤ 1.50×', '≤ 1.20×');
    row('  the same without VERIFY_MEDIA', ratio(await timed('down', 30 << 20, pairs, { verify: false })), '≤ 1.10×', '≤ 1.00×');
    const long = [...up.long, ...down.long];
    row('longest main-thread task meanwhile', long.length ? `${Math.max(...long).toFixed(0)} ms` : 'none ≥ 50 ms', '< 50 ms', '< 16 ms');
    for (const [what, address] of [['gateway', gateway], ['plain', plain]]) lines.push([what, await network(address, lineSpeed)]);
    const far = Object.fromEntries(lines.map(([what, line]) => [what, line.url]));
    for (const way of ['up', 'down']) row(`${way}load 30 MiB, both over 50 MB/s`, ratio(await timed(way, 30 << 20, Math.ceil(pairs / 2), far)), '≤ 1.05×', '≤ 1.02×');
    row('upload 100 KB, against an XHR PUT that is discarded', ratio(await timed('up', 100 << 10, 3 * pairs)), '–', '–');
    row("download 100 KB, against fetch(no-store).blob()", ratio(await timed('down', 100 << 10, 3 * pairs)), '–', '–');
  } finally {
    for (const [, line] of lines) line.close();
    await browser.close();
  }
}

/** Prints what is known so far, when something fails, too. */
function print() {
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((r) => r[i].length), ['figure', 'measured', 'budget', 'goal'][i].length));
  const line = (r) => r.map((c, i) => c.padEnd(widths[i])).join('  ');
  console.log(line(['figure', 'measured', 'budget', 'goal']));
  console.log(widths.map((w) => '-'.repeat(w)).join('  '));
  for (const r of rows) console.log(line(r));
}

const [url, relayUrl, blobUrl] = [gateway.url, relay.url, relay.url.replace('ws:', 'http:')];

async function startRows() {
  const { VENDOR_SCRIPT: vendor } = process.env;
  const start = await starts(browser, url, relayUrl, pairs, vendor);
  for (const when of ['cold', 'warm']) {
    row(`script tag to CONNECTED, ${when}, against a WebSocket opened by hand, p50`, over(start[when].sdk, start[when].bare, 0.5), '–', '–');
    const wanted = when === 'cold' ? ['≤ 1.00×', '≤ 0.70×'] : ['–', '–'];
    if (vendor) row("  against the time until the vendor's script is ready, p50", over(start[when].sdk, start[when].vendor, 0.5), ...wanted);
  }
}

async function otherRows() {
  const page = await login(url, 'bench');
  const count = await countRequests(page, 100 << 10);
  row('requests for 100 KB, up and down', `${count.up} and ${count.down}`, '≤ 2 each', '1 each');
  const memory = [];
  for (const bytes of [30 << 20, 1 << 20]) {
    const fresh = await login(url, 'memory');
    memory.push(await memoryAfterNine(fresh, bytes));
    await fresh.close();
  }
  row('wasm memory after nine at a time of 30 MiB, of 1 MiB', memory.map((n) => `${(n / 2 ** 20).toFixed(1)} MiB`).join(', '), '≤ 8 MiB, equal', '≤ 4 MiB');

  const photos = await preparePhotos(page, pairs);
  const longest = (gaps) => `${median(gaps).toFixed(0)} ms, at most ${Math.max(...gaps).toFixed(0)}`;
  row(`prepare a photo of 12 megapixels and ${(photos.bytes / 2 ** 20).toFixed(1)} MiB`, `${median(photos.took).toFixed(0)} ms (${Math.min(...photos.took).toFixed(0)}–${Math.max(...photos.took).toFixed(0)})`, '< 700 ms', '–');
  row('  longest wait of the main thread meanwhile', `${longest(photos.gaps)} (at rest ${longest(photos.rest)})`, '< 16 ms', '–');
}

async function roundTripRows() {
  const page = await login(url, 'bench');
  const peer = await login(url, 'peer');
  await prepare(page, peer, relayUrl, ['bench', 'peer']);
  await roundTrips(page, 'peer', 20); // warms up
  const idle = await roundTrips(page, 'peer', rounds);
  row('round trip of 1 KB, against a bare relay, p50', over(idle.sdk, idle.bare, 0.5), '≤ 1.60×', '≤ 1.30×');
  row('round trip of 1 KB, against a bare relay, p99', over(idle.sdk, idle.bare, 0.99), '–', '–');
  const other = await login(url, 'loader');
  const stop = await load(other);
  const busy = await roundTrips(page, 'peer', rounds);
  await stop();
  row('the same p99 while another page runs nine transfers, against idle', over(busy.sdk, idle.sdk, 0.99), '–', '–');
  row('  the bare relay meanwhile', over(busy.bare, idle.bare, 0.99), '–', '–');
}

const parts = { transfers: () => transferRows(url, blobUrl), starts: startRows, others: otherRows, roundtrips: roundTripRows };
const { ONLY: only } = process.env;
try {
  if (only && !parts[only]) throw new Error(`ONLY=${only}: there are ${Object.keys(parts)}`);
  for (const [name, measure] of Object.entries(parts)) if (!only || name === only) await measure();
} finally {
  print();
  await relay.stop();
  await browser.close();
  await gateway.stop();
}

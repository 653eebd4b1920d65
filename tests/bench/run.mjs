// make bench: one table. Figures are ratios of medians taken side by side in this run; a
// second number in brackets is the spread.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { budgets, sizes } from './size.mjs';
import { transferRatios } from './transfer.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const pairs = Number(process.env.PAIRS ?? 7);

const median = (xs) => [...xs].sort((a, b) => a - b)[xs.length >> 1];
const ratio = (xs) => `${median(xs).toFixed(2)}× (${Math.min(...xs).toFixed(2)}–${Math.max(...xs).toFixed(2)})`;
const kb = (n) => `${(n / 1024).toFixed(1)} KB`;
const rows = [];
const row = (what, figure, budget, goal) => rows.push([what, figure, budget, goal]);

const s = sizes();
row('wasm, brotli 11, against the bare Go runtime', `${(s.wasm / s.bare).toFixed(2)}× (${kb(s.wasm)} / ${kb(s.bare)})`, `≤ ${budgets.wasm[0].toFixed(2)}×`, `≤ ${budgets.wasm[1].toFixed(2)}×`);
row('loader and façade, gzip 9', kb(s.script), `≤ ${kb(budgets.script[0])}`, `≤ ${kb(budgets.script[1])}`);

const data = mkdtempSync(path.join(tmpdir(), 'rtm-bench-'));
const gateway = spawn('./bin/rtm-gateway', ['--listen', '127.0.0.1:0', '--data', data], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
const browser = await chromium.launch({
  executablePath: [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((p) => p && existsSync(p)),
});
try {
  const url = await new Promise((resolve) => {
    for (const out of [gateway.stdout, gateway.stderr])
      createInterface({ input: out }).on('line', (line) => /url=(\S+)/.test(line) && resolve(/url=(\S+)/.exec(line)[1].replace(/\/$/, '')));
  });
  const page = await browser.newPage();
  await page.goto(`${url}/healthz`);
  await page.addScriptTag({ url: `${url}/sdk/rtm.js` });
  await page.evaluate(async () => {
    window.client = AgoraRTM.createInstance('A0'.repeat(16), { logFilter: AgoraRTM.LOG_FILTER_ERROR });
    await window.client.login({ uid: 'bench' });
  });
  const big = await transferRatios(page, 30 << 20, pairs);
  row('upload 30 MiB, against XHR PUT of the Blob', ratio(big.up), '≤ 1.30×', '≤ 1.10×');
  row('download 30 MiB, against fetch().blob()', ratio(big.down), '≤ 1.30×', '≤ 1.10×');
  row('longest main-thread task meanwhile', big.long.length ? `${Math.max(...big.long).toFixed(0)} ms` : 'none ≥ 50 ms', '< 50 ms', '< 16 ms');
} finally {
  await browser.close();
  gateway.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
}

const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((r) => r[i].length), ['figure', 'measured', 'budget', 'goal'][i].length));
const line = (r) => r.map((c, i) => c.padEnd(widths[i])).join('  ');
console.log(line(['figure', 'measured', 'budget', 'goal']));
console.log(widths.map((w) => '-'.repeat(w)).join('  '));
for (const r of rows) console.log(line(r));

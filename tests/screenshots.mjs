// make screenshots: the pictures of the demo that the README shows, taken of real conversations on a real gateway.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const root = path.resolve(import.meta.dirname, '..');
const out = path.join(root, 'docs/images');
mkdirSync(out, { recursive: true });

/** In the page: a landscape as a PNG, told apart by its hue. */
async function landscape(hue) {
  const canvas = Object.assign(document.createElement('canvas'), { width: 960, height: 640 });
  const c = canvas.getContext('2d');
  const sky = c.createLinearGradient(0, 0, 0, 640);
  sky.addColorStop(0, `hsl(${hue} 70% 45%)`);
  sky.addColorStop(0.6, `hsl(${hue + 40} 85% 78%)`);
  c.fillStyle = sky;
  c.fillRect(0, 0, 960, 640);
  c.fillStyle = `hsl(${hue + 50} 95% 88%)`;
  c.beginPath();
  c.arc(680, 250, 56, 0, 7);
  c.fill();
  for (const [i, base] of [330, 400, 480].entries()) {
    c.fillStyle = `hsl(${hue + 20 + i * 12} ${35 + i * 8}% ${42 - i * 12}%)`;
    c.beginPath();
    c.moveTo(0, 640);
    for (let x = 0; x <= 960; x += 8) c.lineTo(x, base - 60 * Math.sin(x / (150 - i * 25) + hue + i * 2) - 25 * Math.sin(x / 47 + i));
    c.lineTo(960, 640);
    c.fill();
  }
  return canvas.toDataURL('image/png').split(',')[1];
}

async function signIn(context, url, uid, channel) {
  const page = await context.newPage();
  await page.goto(`${url}/?uid=${uid}&channel=${channel}`);
  await page.locator('[data-testid="connection-state"][data-state="CONNECTED"]').waitFor({ state: 'attached' }); // out of sight on a phone
  await page.getByTestId('member-count').waitFor();
  return page;
}

async function say(page, text) {
  await page.getByTestId('composer').fill(text);
  await page.getByTestId('composer').press('Enter');
}

/** Two people plan a walk; the picture is taken while a file is on its way. */
async function conversation(browser, url, name, size, options) {
  const [ca, cb] = [await browser.newContext({ ...options, viewport: size }), await browser.newContext()];
  const a = await signIn(ca, url, 'Ann', 'mountains');
  const b = await signIn(cb, url, 'Ben', 'mountains');
  const pictures = async (from, caption, views) => {
    const files = [];
    for (const [name, hue] of Object.entries(views)) files.push({ name, mimeType: 'image/png', buffer: Buffer.from(await from.evaluate(landscape, hue), 'base64') });
    await from.getByTestId('attach-input').setInputFiles(files);
    await say(from, caption);
  };
  await say(b, 'Shall we go up on Saturday?');
  await pictures(b, 'The ridge in the morning', { 'ridge.png': 200 });
  await a.locator('button.picture:not(.preview)').first().waitFor();
  await pictures(a, 'Yes! Last year it looked like this:', { 'evening.png': 280, 'valley.png': 120, 'lake.png': 170 });
  await b.locator('[data-own="false"] button.picture:not(.preview)').nth(2).waitFor();
  const network = await ca.newCDPSession(a);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_500_000 });
  await a.getByTestId('attach-input').setInputFiles({ name: 'route.gpx', mimeType: '', buffer: Buffer.alloc(9 << 20) });
  await a.getByTestId('send').click();
  await a.locator('.transfer-status', { hasText: 'left' }).waitFor({ timeout: 60_000 });
  await a.screenshot({ path: path.join(out, `${name}.png`) });
  await Promise.all([ca.close(), cb.close()]);
}

const data = mkdtempSync(path.join(tmpdir(), 'rtm-screenshots-'));
const gateway = spawn('./bin/rtm-gateway', ['--listen', '127.0.0.1:0', '--data', data], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
const url = await new Promise((found) => createInterface({ input: gateway.stderr }).on('line', (line) => /url=(\S+)/.test(line) && found(/url=(\S+)/.exec(line)[1])));
const browser = await chromium.launch({ executablePath: [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((p) => p && existsSync(p)) });
try {
  const desk = { width: 1120, height: 900 };
  await conversation(browser, url, 'demo-light', desk, { colorScheme: 'light' });
  await conversation(browser, url, 'demo-dark', desk, { colorScheme: 'dark' });
  await conversation(browser, url, 'demo-phone', { width: 390, height: 760 }, { colorScheme: 'light', deviceScaleFactor: 2 });
} finally {
  await browser.close();
  gateway.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
}

// A browser without a debugger: under one it keeps all that it fetched, and its own fetch takes longer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const chromiumPath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((p) => p && existsSync(p));

const script = readFileSync(path.join(import.meta.dirname, 'page/page.mjs'));
const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.mjs"></script>';

const flags = [
  '--headless', '--no-sandbox', '--no-first-run', '--disable-gpu', '--disable-dev-shm-usage', '--js-flags=--expose-gc', '--disable-component-update', '--disable-background-networking',
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
];

/** Starts a browser on page.mjs; `run` gives what came of a job there. */
export async function plainBrowser() {
  const profile = mkdtempSync(path.join(tmpdir(), 'rtm-bench-chromium-'));
  let waiting; // the answer to a page that has nothing to do
  let job, done;
  const hand = () => {
    if (!waiting || !job) return;
    waiting.end(JSON.stringify(job));
    waiting = job = undefined;
  };
  const server = createServer(async (req, res) => {
    switch (req.url) {
      case '/job':
        waiting = res;
        return hand();
      case '/result': {
        let text = '';
        for await (const chunk of req) text += chunk;
        res.end();
        return done(JSON.parse(text));
      }
      case '/page.mjs':
        return res.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
      default:
        res.writeHead(200, { 'content-type': 'text/html' }).end(html);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const p = spawn(chromiumPath ?? (await import('playwright-core')).chromium.executablePath(), [...flags, `--user-data-dir=${profile}`, `http://127.0.0.1:${server.address().port}/`], { stdio: 'ignore', detached: true });
  return {
    async run(what) {
      const result = await new Promise((resolve, reject) => {
        done = resolve;
        p.once('exit', () => reject(new Error('the browser has ended')));
        job = what;
        hand();
      });
      if (result.error) throw new Error(`${JSON.stringify(what)}: ${result.error}`);
      return result;
    },
    async close() {
      process.kill(-p.pid, 'SIGKILL'); // and the processes that it has started
      await once(p, 'exit');
      server.closeAllConnections();
      server.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

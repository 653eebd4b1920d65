/** Where blocks run: alice's page, in which the block is, and that of bob, who is there already. */
import type { Page } from '@playwright/test';
import * as esbuild from 'esbuild';
import { Front } from '../support/front.ts';
import { png } from '../support/pictures.ts';
import { join, login, openBlank } from '../support/test.ts';
import type { Block } from './blocks.ts';

/** What the pages call their gateway and their app. */
const address = 'https://rtm.example.org';
export const app = '0123456789abcdef0123456789abcdef';

/** What pages load as /app.js: a program that shows the pictures that come. */
const program = `
  const client = AgoraRTM.createInstance('${app}');
  client.on('MessageFromPeer', async ({ mediaId }) => {
    document.body.append(Object.assign(new Image(), { src: URL.createObjectURL(await client.downloadMedia(mediaId)) }));
  });
  client.login({ uid: 'alice' });`;

export interface Stage {
  alice: Page;
  bob: Page;
}

/** Logs bob in, and has him join "garden"; he stays for all blocks. */
export async function meetBob(bob: Page, gateway: string): Promise<void> {
  await openBlank(bob, gateway);
  await login(bob, 'bob', app);
  await join(bob, 'garden');
}

/**
 * Runs a block of js, ts or html in alice's page; afterwards looks for its outcome. Whatever goes wrong in her page is thrown.
 */
export async function play(block: Block, { alice, bob }: Stage, gateway: string, outcome?: (stage: Stage) => Promise<void>): Promise<void> {
  const front = await new Front().mount('/', { upstream: gateway }).mount('/favicon.ico', { bytes: Buffer.alloc(0), type: 'image/x-icon' }).start();
  const wrong: string[] = [];
  alice.on('pageerror', (e) => wrong.push(String(e)));
  alice.on('console', (m) => m.type() === 'error' && wrong.push(m.text()));
  try {
    await bob.evaluate(() => ((window as any).log = []));
    const text = block.text.replaceAll(address, front.url).replaceAll(address.replace('http', 'ws'), front.url.replace('http', 'ws'));
    if (block.language === 'html') {
      front.mount('/app.js', { bytes: Buffer.from(program), type: 'text/javascript' });
      front.mount('/block.html', { page: `<!doctype html><meta charset="utf-8">${text}` });
      await alice.goto(`${front.url}/block.html`);
    } else {
      await setUp(alice, bob, front);
      front.mount('/block.js', { bytes: Buffer.from(javascript(text)), type: 'text/javascript' });
      await alice.evaluate((url) => import(url), '/block.js');
    }
    await outcome?.({ alice, bob });
  } catch (e) {
    throw wrong.length ? new Error(`${wrong.join('\n')}\n${e}`) : e;
  } finally {
    await alice.close();
    await front.stop();
  }
  if (wrong.length) throw new Error(wrong.join('\n'));
}

function javascript(text: string): string {
  return esbuild.transformSync(text, { loader: 'ts', target: 'es2022' }).code;
}

/** Makes alice's page and what types.ts declares. */
async function setUp(alice: Page, bob: Page, front: Front): Promise<void> {
  const imports = JSON.stringify({ imports: { 'rtm-wasm': '/sdk/rtm.mjs', 'rtm-wasm/loader': '/sdk/loader.mjs', 'rtm-wasm/placeholder': '/sdk/placeholder.mjs', 'rtm-wasm/outbox': '/sdk/outbox.mjs' } });
  front.mount('/alice.html', { page: `<!doctype html><meta charset="utf-8"><script type="importmap">${imports}</script><script src="/sdk/rtm.js"></script><input type="file"><ol></ol>` });
  await alice.goto(`${front.url}/alice.html`);
  await login(alice, 'alice', app);
  await join(alice, 'garden');
  const mediaId = await bob.evaluate(async () => (await (window as any).client.createMediaMessageByUploading(new Blob(['from bob']))).mediaId);
  await alice.evaluate(({ picture, mediaId }) => {
    const shown: unknown[] = [];
    const file = new File([Uint8Array.from(atob(picture), (c) => c.charCodeAt(0))], 'view.png', { type: 'image/png' });
    Object.assign(window, { file, mediaId, shown, show: (what: unknown) => shown.push(what) });
  }, { picture: png(800, 600).toString('base64'), mediaId });
}

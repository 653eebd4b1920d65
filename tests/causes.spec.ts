/** Why a login cannot connect: each cause is told apart, and the error says what to do. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { Gateway } from './support/proc.ts';
import { Site } from './support/site.ts';
import { appId, expect, test } from './support/test.ts';

const CURE = /createInstance\(appId, \{ gateway: url \}\) or setParameter\('GATEWAY', url\)/;

interface Places { gateway: string; site: Site }
interface Cause {
  name: string;
  /** Makes what the client finds: the address that it is given, and the policy of its page. */
  make(places: Places): Promise<{ address: string; policy?: string; end?: () => unknown }>;
  /** What the text must have. */
  says: (found: { address: string; host: string; page: string }) => (string | RegExp)[];
  /** Only browsers with a context of Playwright's can be told to accept any certificate. */
  notIn?: string;
}

async function listen(server: Server): Promise<{ address: string; end: () => unknown }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    end: () => (server.closeAllConnections(), server.close()),
  };
}

async function withGateway(...args: string[]): Promise<{ address: string; end: () => unknown }> {
  const gateway = await new Gateway(args).start();
  return { address: gateway.url, end: () => gateway.stop() };
}

/** An address on whose port nobody listens: no service has it, no process gets it for "any port", and browsers do connect to it. */
const closedPort = 'http://127.0.0.1:4';

const policy = (gateway: string, connect: string) => `default-src 'none'; script-src ${gateway} 'wasm-unsafe-eval'; connect-src ${connect}`;

const causes: Cause[] = [
  {
    name: 'the policy of the page has no wss:',
    make: async ({ gateway }) => ({ address: gateway, policy: policy(gateway, gateway) }),
    says: ({ host }) => ['Content-Security-Policy', `add ws://${host} to its connect-src`],
  },
  {
    name: 'the policy of the page has another host only',
    make: async ({ gateway }) => ({ ...(await withGateway()), policy: policy(gateway, gateway) }),
    says: ({ host }) => ['Content-Security-Policy', `add http://${host} ws://${host} to its connect-src`],
  },
  {
    name: 'the origin is refused',
    make: () => withGateway('--origins', 'https://other.example'),
    says: ({ page }) => ['refuses the connection (status 403)', `pages of ${page} may not use this gateway`, '--origins'],
  },
  {
    name: 'the path is wrong',
    make: async ({ gateway }) => ({ address: `${gateway}/chat` }),
    says: ({ host }) => [`http://${host} serves nothing below /chat`, 'leave the path out', CURE],
  },
  {
    name: 'https for a gateway without TLS',
    make: async ({ gateway }) => ({ address: gateway.replace('http', 'https') }),
    says: ({ host }) => ['speaks http, not https', `http://${host}`, CURE],
  },
  {
    name: 'http for a gateway with TLS',
    make: async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'rtm-tls-'));
      const [key, cert] = ['key.pem', 'cert.pem'].map((f) => path.join(folder, f));
      // Go has the program as source beside its library, so that tests need no other for certificates.
      const go = (...args: string[]) => execFileSync('go', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
      go('run', path.join(go('env', 'GOROOT').trim(), 'src/crypto/tls/generate_cert.go'), '--host', '127.0.0.1', '--ecdsa-curve', 'P256');
      const { address, end } = await withGateway('--tls-cert', cert, '--tls-key', key);
      return {
        address: address.replace('https', 'http'),
        end: async () => {
          await end();
          rmSync(folder, { recursive: true });
        },
      };
    },
    says: ({ host }) => ['speaks https, not http', `https://${host}`, CURE],
    notIn: 'webkit',
  },
  {
    name: "the page's own server, which is no gateway",
    make: async ({ site }) => ({ address: site.url }),
    says: ({ address }) => [`what answers at ${address} is not a gateway (status 404)`, CURE],
  },
  {
    name: 'another server, which is no gateway',
    make: () => listen(createServer((_, res) => res.writeHead(200).end('hello'))),
    says: ({ address }) => [`what answers at ${address} is not a gateway`, CURE],
  },
  {
    name: 'a WebSocket server that is no gateway',
    make: () => listen(createServer().on('upgrade', (req, socket) => {
      socket.on('error', () => {});
      const accept = createHash('sha1').update(req.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      socket.once('data', () => socket.end(Buffer.from([0x88, 2, 0x03, 0xeb]))); // to what it does not understand: 1003
    })),
    says: ({ address }) => [`what answers at ${address} ended the connection`, 'code 1003', 'is it a gateway?'],
  },
  {
    name: 'a proxy that passes no upgrade',
    make: ({ gateway }) => listen(createServer((req, res) => {
      req.pipe(request(new URL(req.url!, gateway), { method: req.method, headers: req.headers }, (answer) => {
        res.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(res);
      }));
    }).on('upgrade', (_, socket) => socket.on('error', () => {}).end('HTTP/1.1 502 Bad Gateway\r\n\r\n'))),
    says: ({ address }) => [`${address} answers over HTTP`, `pass the upgrade of ${address}/rtm`],
  },
  {
    name: 'nobody listens',
    make: async () => ({ address: closedPort }),
    says: ({ address }) => [`no gateway answers at ${address}`, 'the gateway runs', CURE],
  },
];

/** Opens a page of the site with the SDK, and such a policy. */
async function openPage(page: Page, site: Site, gateway: string, policy?: string): Promise<void> {
  site.pages.set('/causes.html', {
    body: `<!doctype html><meta charset="utf-8"><script src="${gateway}/sdk/rtm.js"></script>`,
    headers: policy ? { 'content-security-policy': policy } : {},
  });
  await page.goto(`${site.url}/causes.html`);
}

/** Tries to log in, and tells the error, the client's log of errors, and its state. */
function tryLogin(page: Page, gateway: string, uid: string): Promise<{ name: string; code: number; message: string; cause: string; log: string; state: string }> {
  return page.evaluate(async ({ appId, gateway, uid }) => {
    const { AgoraRTM } = window as any;
    await AgoraRTM.preload(); // a login does not wait for it longer than 12 s
    const lines: string[] = [];
    const { error } = console;
    console.error = (line: string) => lines.push(line);
    const client = AgoraRTM.createInstance(appId, { gateway, logFilter: AgoraRTM.LOG_FILTER_ERROR });
    const { name, code, message, originalError } = await client.login({ uid }).then(() => ({ name: 'logged in' }), (e: unknown) => e);
    console.error = error;
    return { name, code, message, cause: String(originalError), log: lines.join('\n'), state: client.connectionState };
  }, { appId, gateway, uid });
}

test.use({ ignoreHTTPSErrors: true });

for (const cause of causes) {
  test(`a login that cannot connect tells why: ${cause.name} @everywhere`, async ({ newPage, gateway, site, run }, info) => {
    test.skip(info.project.name === cause.notIn);
    const { address, policy, end } = await cause.make({ gateway: gateway.url, site });
    try {
      const page = await newPage();
      await openPage(page, site, gateway.url, policy);
      const got = await tryLogin(page, address, `a-${run}`);
      expect(got).toMatchObject({ name: 'RtmUnavailableError', code: 1, state: 'DISCONNECTED' });
      for (const what of cause.says({ address, host: new URL(address).host, page: site.url }))
        typeof what === 'string' ? expect(got.message).toContain(what) : expect(got.message).toMatch(what);
      expect(got.log).toContain(`RTM:ERROR login failed:${got.message}`);
      expect(got.cause).toMatch(/./);
    } finally {
      await end?.();
    }
  });
}

test('a policy that only reports is no cause', async ({ newPage, gateway, site, run }) => {
  const page = await newPage();
  site.pages.set('/causes.html', {
    body: `<!doctype html><script src="${gateway.url}/sdk/rtm.js"></script>`,
    headers: { 'content-security-policy-report-only': `connect-src ${gateway.url}` },
  });
  await page.goto(`${site.url}/causes.html`);
  expect((await tryLogin(page, gateway.url, `a-${run}`)).state).toBe('CONNECTED');
  expect((await tryLogin(page, closedPort, `a-${run}`)).message).toContain(`no gateway answers at ${closedPort}: check`);
});

test('an address without a scheme is refused when it is set', async ({ newPage, gateway, site }) => {
  const page = await newPage();
  await openPage(page, site, gateway.url);
  for (const address of ['rtm.example.org', 'localhost:8080', '127.0.0.1:8080', 'rtm.example.org/chat']) {
    const errors = await page.evaluate(([appId, address]) => {
      const { AgoraRTM } = window as any;
      return [() => AgoraRTM.setParameter('GATEWAY', address), () => AgoraRTM.createInstance(appId, { gateway: address })].map((set) => {
        try {
          return String(set());
        } catch (e: any) {
          return `${e.name} ${e.code} ${e.message}`;
        }
      });
    }, [appId, address] as const);
    for (const e of errors) expect(e).toMatch(new RegExp(`^RtmInvalidArgumentError 1 .*lacks its scheme: write https://${address}`));
  }
});

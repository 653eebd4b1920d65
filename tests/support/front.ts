import { once } from 'node:events';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import type { Duplex } from 'node:stream';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8', '.wasm': 'application/wasm',
};

/** What a path's first part leads to: files, one page or file, answers made by a test, or another server, which sees the path without that part. */
type Target = { folder: string } | { page: string; headers?: Record<string, string> } | { bytes: Buffer; type: string } | { answer: RequestListener } | { upstream: string };

/** A web server as applications have one in front: files of their own, and a reverse proxy. */
export class Front {
  url = '';
  /** The addresses that were asked for, less those of sockets. */
  readonly asked: string[] = [];
  /** Sees each request first, and reports whether it answers it: what proxies do of their own. */
  before?: (req: IncomingMessage, res: ServerResponse) => boolean;
  private readonly server: Server;
  private readonly targets: [string, Target][] = [];
  private readonly upgraded = new Set<Duplex>(); // which the server no longer knows

  constructor() {
    this.server = createServer((req, res) => this.serve(req, res));
    this.server.on('upgrade', (req, socket, head) => this.upgrade(req, socket, head));
  }

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.upgraded) socket.destroy();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** The longest prefix wins, of equals the last; it ends in a slash, but for pages and files. */
  mount(prefix: string, target: Target): this {
    this.targets.unshift([prefix, target]);
    this.targets.sort(([a], [b]) => b.length - a.length);
    return this;
  }

  private find(req: IncomingMessage): [rest: string, target?: Target] {
    const [prefix, target] = this.targets.find(([prefix]) => req.url!.startsWith(prefix)) ?? ['/'];
    return [req.url!.slice(prefix.length - 1), target];
  }

  private serve(req: IncomingMessage, res: ServerResponse): void {
    this.asked.push(req.url!);
    if (this.before?.(req, res)) return;
    const [rest, target] = this.find(req);
    if (!target) return void res.writeHead(404).end();
    if ('page' in target) return void res.writeHead(200, { 'content-type': types['.html'], ...target.headers }).end(target.page);
    if ('bytes' in target) return void res.writeHead(200, { 'content-type': target.type }).end(target.bytes);
    if ('answer' in target) return void target.answer(req, res);
    if ('upstream' in target) return this.pass(req, res, new URL(rest, target.upstream));
    const name = new URL(rest, 'http://front').pathname;
    const file = path.join(target.folder, name.endsWith('/') ? `${name}index.html` : name);
    if (!existsSync(file) || !statSync(file).isFile()) return void res.writeHead(404).end();
    res.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(res);
  }

  private pass(req: IncomingMessage, res: ServerResponse, to: URL): void {
    const out = request(to, { method: req.method, headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(res);
    });
    out.on('error', () => res.destroy());
    res.on('close', () => out.destroy());
    req.pipe(out);
  }

  private upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.upgraded.add(socket);
    socket.on('close', () => this.upgraded.delete(socket));
    const [rest, target] = this.find(req);
    if (!target || !('upstream' in target)) return void socket.destroy();
    const out = request(new URL(rest, target.upstream), { headers: req.headers });
    out.on('error', () => socket.destroy());
    out.on('response', () => socket.destroy()); // no upgrade
    out.on('upgrade', (answer, upstream, first) => {
      const headers = answer.rawHeaders.reduce((lines, part, i) => lines + part + (i % 2 ? '\r\n' : ': '), '');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers}\r\n`);
      socket.write(first);
      upstream.write(head);
      for (const [from, to] of [[socket, upstream], [upstream, socket]] as const) from.on('error', () => to.destroy()).on('close', () => to.destroy()).pipe(to);
    });
    out.end();
  }
}

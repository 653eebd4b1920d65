import { once } from 'node:events';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** A web server of the application's own: another origin than the gateway's. */
export class Site {
  private server: Server;
  url = '';
  /** Pages made up by a test, by path. */
  readonly pages = new Map<string, { body: string; headers?: Record<string, string> }>();

  constructor(private readonly folder: string) {
    this.server = createServer((req, res) => {
      const name = decodeURIComponent(new URL(req.url!, 'http://site').pathname);
      const page = this.pages.get(name);
      if (page) {
        res.writeHead(200, { 'content-type': types['.html'], ...page.headers }).end(page.body);
        return;
      }
      const file = path.join(this.folder, path.normalize(name));
      if (!file.startsWith(this.folder) || !existsSync(file) || !statSync(file).isFile()) {
        res.writeHead(404).end();
        return;
      }
      res.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream', 'access-control-allow-origin': '*' });
      createReadStream(file).pipe(res);
    });
  }

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

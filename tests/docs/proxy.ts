/** nginx and Caddy with a configuration from the pages. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/ports.ts';
import { root } from '../support/proc.ts';
import type { Block } from './blocks.ts';

/** Where the program is, if this machine has it; scripts/unpack-tools.sh puts it into the last of these. */
export function program(name: string): string | undefined {
  const folders = [...process.env.PATH!.split(':'), '/usr/sbin', ...['usr/sbin', 'usr/bin'].map((folder) => path.join(root, 'tests/.build/tools', folder))];
  return folders.map((folder) => path.join(folder, name)).find(existsSync);
}

/** A proxy before a gateway. The configuration is the block's, but for the port, the certificate and the gateway's address. */
export class Proxy {
  private process?: ChildProcess;
  private output = '';
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'rtm-proxy-'));
  url = '';

  async start(block: Block, whole: Block, gateway: string): Promise<this> {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const config = path.join(this.folder, 'config');
    const nginx = block.language === 'nginx';
    const text = nginx ? nginxConfig(block, whole, port, this.folder) : caddyConfig(block, port);
    writeFileSync(config, text.replaceAll(/127\.0\.0\.\d+:8080/g, new URL(gateway).host));
    const args = nginx ? ['-p', this.folder, '-e', 'stderr', '-c', config] : ['run', '--adapter', 'caddyfile', '--config', config];
    const child = spawn(program(block.language)!, args, { env: { ...process.env, HOME: this.folder, XDG_DATA_HOME: this.folder, XDG_CONFIG_HOME: this.folder }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const out of [child.stdout, child.stderr]) out.on('data', (more) => (this.output += more));
    this.process = child;
    while (!(await fetch(this.url).then(() => true, () => false))) {
      if (child.exitCode !== null) throw new Error(`${block.language} ended with ${child.exitCode}:\n${this.output}`);
      await sleep(20);
    }
    return this;
  }

  async stop(): Promise<void> {
    if (this.process?.exitCode === null) {
      const exit = once(this.process, 'exit');
      this.process.kill('SIGKILL');
      await exit;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A block that is part of a server gets one; each gets what stands beside the server in the whole block. */
function nginxConfig({ text }: Block, whole: Block, port: number, folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ');
  mkdirSync(path.join(folder, 'logs'));
  const beside = whole.text.replace(/^server \{[^]*?^\}/m, '');
  const server = (/^server \{/m.test(text) ? text : `server {\n  listen 443 ssl;\n${text}}\n`).concat(text.includes(beside.trim()) ? '' : beside)
    .replace(/listen 443 ssl;/g, `listen 127.0.0.1:${port};`).replace(/^ *ssl_certificate.*\n/gm, '');
  return `daemon off;\nmaster_process off;\npid ${folder}/pid;\nevents {}\nhttp {\n${temporary} access_log off;\n${server}}\n`;
}

function caddyConfig({ text }: Block, port: number): string {
  const site = /^\S+ \{/.test(text) && !text.startsWith('handle_path') ? text.replace(/^\S+ \{/, `http://127.0.0.1:${port} {`) : `http://127.0.0.1:${port} {\n${text}}\n`;
  return `{\n\tadmin off\n\tauto_https off\n}\n${site}`;
}

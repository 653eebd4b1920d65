// What `make release` makes of the commit: the same bytes in another folder, under other settings; and an image that runs.
// Both are built in clones: other tests run meanwhile, of what is built here.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test, { after, before } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

const root = path.join(import.meta.dirname, '..');
const temp = mkdtempSync(path.join(tmpdir(), 'rtm-release-'));
const clones = ['one', 'a folder elsewhere'].map((name) => path.join(temp, name));
const [here, there] = clones.map((clone) => path.join(clone, 'bin/release'));
const tool = path.join(temp, 'release');
const [system, arch] = [{ win32: 'windows' }[process.platform] ?? process.platform, { x64: 'amd64' }[process.arch] ?? process.arch];
// The platform of this machine, and one that differs in both parts. The release's own tests have all six.
const platforms = [[system, arch], [system === 'windows' ? 'linux' : 'windows', arch === 'amd64' ? 'arm64' : 'amd64']];

const run = (program, args, options) => execFileSync(program, args, { encoding: 'utf8', ...options });
const changed = run('git', ['status', '--porcelain', '--untracked-files=no'], { cwd: root });
const skip = changed && !process.env.CI ? 'a release is built of a commit, and files are not committed' : false;
const read = (name, folder = here) => readFileSync(path.join(folder, name));
const named = (end) => readdirSync(here).find((name) => name.endsWith(end));
const archive = ([system, arch]) => named(`-${system}-${arch}.${system === 'windows' ? 'zip' : 'tar.gz'}`);
const built = ([system, arch], program) => path.join(clones[0], 'bin/programs', `${system}-${arch}`, `${program}${system === 'windows' ? '.exe' : ''}`);
const programs = ['rtm-gateway', 'rtm-load'];

function build(folder, env) {
  const args = ['-root', folder, '-platforms', platforms.map((platform) => platform.join('/')).join(' ')];
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', 'umask $0; exec "$@"', env.UMASK, tool, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the release in ${folder} ended with ${code}`))));
  });
}

let version;

before(async () => {
  if (skip) return;
  run('go', ['-C', path.join(root, 'scripts/release'), 'build', '-o', tool, '.']);
  run('make', ['docs-site/node_modules/.package-lock.json'], { cwd: root });
  for (const clone of clones) {
    run('git', ['clone', '--quiet', root, clone]);
    symlinkSync(path.join(root, 'node_modules'), path.join(clone, 'node_modules'));
    symlinkSync(path.join(root, 'docs-site/node_modules'), path.join(clone, 'docs-site/node_modules'));
    // Compressing the wasm takes longest. A build keeps what is compressed already only where it makes the same wasm.
    for (const name of ['rtm.wasm', 'rtm.wasm.gz', 'rtm.wasm.br'])
      cpSync(path.join(root, 'web/dist', name), path.join(clone, 'web/dist', name), { preserveTimestamps: true });
  }
  await Promise.all([
    build(clones[0], { UMASK: '022' }),
    build(clones[1], { UMASK: '077', TZ: 'Asia/Tokyo', LC_ALL: 'C', GOFLAGS: '-tags=elsewhere', RTM_GOFLAGS: '-gcflags=-N', GOAMD64: 'v2' }),
  ]);
  version = JSON.parse(read(named('.spdx.json'))).packages[0].versionInfo;
});
after(() => rmSync(temp, { recursive: true, force: true }));

test('the package, the chart and the changelog have one version', () => {
  const text = (name) => readFileSync(path.join(root, name), 'utf8');
  const chart = text('deploy/helm/rtm-gateway/Chart.yaml');
  const { version } = JSON.parse(text('web/package/package.json'));
  assert.equal(/^version: (.*)$/m.exec(chart)[1], version);
  assert.equal(/^appVersion: "(.*)"$/m.exec(chart)[1], version);
  assert.equal(/^## \[(\d.*?)\]/m.exec(text('CHANGELOG.md'))[1], version);
});

test('what is no program for its platform is refused, on all six', () => {
  run('go', ['-C', path.join(root, 'scripts/release'), 'test', '.']);
});

test('two builds of one commit are the same, byte for byte', { skip }, () => {
  assert.deepEqual(readdirSync(there), readdirSync(here));
  const differing = readdirSync(here).filter((name) => !read(name).equals(read(name, there)));
  assert.deepEqual(differing, []);
});

test('a build of what is built already touches no file, and removes what is no longer made', { skip }, () => {
  const dist = path.join(clones[0], 'web/dist');
  const files = () => readdirSync(dist).map((name) => [name, statSync(path.join(dist, name)).ino, statSync(path.join(dist, name)).mtimeMs]);
  const before = files();
  writeFileSync(path.join(dist, 'former.js.br'), '');
  const { RTM_GOFLAGS, ...env } = process.env;
  run('node', ['web/build.mjs'], { cwd: clones[0], env });
  assert.ok(before.length > 30);
  assert.deepEqual(files(), before);
});

test('the gateway has the documentation of the release, and so has a file of its own', { skip }, () => {
  const site = unpack(named('-docs.tar.gz'), `rtm-wasm-${version}-docs`);
  assert.match(readFileSync(path.join(site, 'api/index.html'), 'utf8'), /createInstance/);
  const embedded = path.join(clones[0], 'web/docs/index.html.gz');
  assert.ok(gunzipSync(readFileSync(embedded)).equals(readFileSync(path.join(site, 'index.html'))));
  for (const platform of platforms) assert.ok(readFileSync(built(platform, 'rtm-gateway')).includes(readFileSync(embedded)), platform.join('/'));
});

test('SHA256SUMS has the hash of every file', { skip }, () => {
  const hashes = readdirSync(here).filter((name) => name !== 'SHA256SUMS').map((name) => `${createHash('sha256').update(read(name)).digest('hex')}  ${name}\n`);
  assert.ok(hashes.length >= 5);
  assert.equal(read('SHA256SUMS').toString(), hashes.join(''));
});

test('programs, package and list of contents have the version of the release', { skip }, () => {
  const go = run('go', ['env', 'GOVERSION']).trim();
  for (const [os, machine] of platforms) {
    const names = programs.map((program) => path.basename(built([os, machine], program)));
    const dir = unpack(archive([os, machine]), `rtm-wasm-${version}-${os}-${machine}`, ['THIRD_PARTY_LICENSES.txt', ...names]);
    for (const [i, program] of programs.entries()) {
      const file = path.join(dir, names[i]);
      if (os === system) assert.equal(run(file, ['--version']), `${program} v${version} ${go}\n`);
      else assert.ok(readFileSync(file).includes(`v${version}`), file);
      const info = run('go', ['version', '-m', file]);
      for (const setting of [`GOOS=${os}`, `GOARCH=${machine}`, 'CGO_ENABLED=0', '-trimpath=true']) assert.ok(info.includes(`\tbuild\t${setting}\n`), `${file}: ${setting}`);
    }
  }

  const npm = unpack(named('npm.tgz'), 'package');
  assert.equal(JSON.parse(readFileSync(path.join(npm, 'package.json'))).version, version);
  const wasm = readFileSync(path.join(npm, 'rtm.wasm'));
  assert.ok(wasm.equals(brotliDecompressSync(readFileSync(path.join(npm, 'rtm.wasm.br')))));
  assert.ok(wasm.equals(gunzipSync(readFileSync(path.join(npm, 'rtm.wasm.gz')))));
});

test('the list of contents has each module of the programs and each package of the documentation, with its license', { skip }, () => {
  const { packages, relationships } = JSON.parse(read(named('.spdx.json')));
  const contents = ({ SPDXID: of }) => {
    const contained = new Set(relationships.filter(({ spdxElementId }) => spdxElementId === of).map((r) => r.relatedSpdxElement));
    return packages.filter(({ SPDXID }) => contained.has(SPDXID));
  };
  const files = [...platforms.map(archive), named('-docs.tar.gz'), named('-oci.tar')].map((file) => packages.find(({ name }) => name === file));
  for (const file of files) assert.ok(contents(file).some(({ name, licenseDeclared }) => name === '@vue/runtime-core' && licenseDeclared === 'MIT'), file.name);
  for (const [i, platform] of platforms.entries()) {
    assert.equal(files[i].checksums[0].checksumValue, createHash('sha256').update(read(files[i].name)).digest('hex'));
    const modules = contents(files[i]);
    for (const program of programs) {
      const info = run('go', ['version', '-m', built(platform, program)]);
      const deps = [...info.matchAll(/^\tdep\t(\S+)\t(\S+)/gm)];
      assert.ok(deps.length > 1);
      for (const [, name, version] of deps) {
        const module = modules.find((p) => p.name === name && p.versionInfo === version);
        assert.ok(module, `${name} ${version} is in ${program} for ${platform.join('/')}`);
        assert.match(module.licenseDeclared, /^[A-Z]/);
      }
    }
  }
});

const chroot = process.platform === 'linux' && process.getuid() === 0;

test('the image has all that the gateway needs', { skip: skip || (!chroot && 'needs root, for chroot') }, async () => {
  const image = unpack(named('-oci.tar'));
  const blob = ({ digest }) => readFileSync(path.join(image, 'blobs', digest.replace(':', '/')));
  const manifest = JSON.parse(blob(JSON.parse(readFileSync(path.join(image, 'index.json'))).manifests[0]));
  const { config, architecture, rootfs } = JSON.parse(blob(manifest.config));
  assert.equal(architecture, arch);
  assert.equal(rootfs.diff_ids.length, manifest.layers.length);
  assert.ok(config.Env.includes('RTM_LISTEN=:8080'));
  assert.deepEqual(config.Healthcheck.Test, ['CMD', '/usr/local/bin/rtm-gateway', 'health']);

  const root = mkdtempSync(path.join(temp, 'root-'));
  chmodSync(root, 0o755); // the image's user goes through it
  execFileSync('tar', ['-xzp', '--same-owner', '-C', root], { input: blob(manifest.layers[0]) });
  assert.match(readFileSync(path.join(root, 'etc/ssl/certs/ca-certificates.crt'), 'utf8'), /^-----BEGIN CERTIFICATE-----\n/);
  const args = [`--userspec=${config.User}`, root, ...config.Entrypoint, '--listen', '127.0.0.1:0', '--data', `${config.WorkingDir}/data`, '--development'];
  const gateway = spawn('chroot', args, { env: { PATH: process.env.PATH, ...Object.fromEntries(config.Env.map((v) => v.split('='))) }, stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const lines = [];
    for await (const line of createInterface(gateway.stderr)) {
      lines.push(line);
      const { msg, url } = JSON.parse(line);
      if (msg !== 'listening') continue;
      assert.equal(run('chroot', [`--userspec=${config.User}`, root, ...config.Entrypoint, 'health', '--url', url]).trim(), 'ok');
      return;
    }
    assert.fail(`it ended: ${lines.join('\n')}`);
  } finally {
    gateway.kill();
    await once(gateway, 'exit');
  }
});

/** Unpacks an archive and tells where its folder is, of which a ZIP gives only the files that are named. */
function unpack(name, folder = '', files = []) {
  const dir = mkdtempSync(path.join(temp, 'unpacked-'));
  if (name.endsWith('.zip')) {
    mkdirSync(path.join(dir, folder));
    for (const file of files) run('node', [path.join(root, 'scripts/unzip.mjs'), path.join(here, name), `${folder}/${file}`, path.join(dir, folder, file)]);
  } else execFileSync('tar', ['-xf', path.join(here, name), '-C', dir]);
  for (const file of files) assert.ok(existsSync(path.join(dir, folder, file)), `${name} has ${file}`);
  return path.join(dir, folder);
}

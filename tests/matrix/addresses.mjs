// Lockfiles here carry no addresses, so that they hold for every registry. Without them npm fetches the list
// of all versions of each package to find one file: that doubles the time of an installation.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

let registry;

/** Adds to the lockfile of a folder where registries have each package. */
export function addAddresses(folder) {
  registry ??= execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim().replace(/\/?$/, '/');
  const file = path.join(folder, 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  for (const [place, entry] of Object.entries(lock.packages)) {
    if (!entry.integrity || entry.resolved) continue; // part of the repository, or of another package
    const name = entry.name ?? place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    entry.resolved = `${registry}${name}/-/${path.posix.basename(name)}-${entry.version}.tgz`;
  }
  writeFileSync(file, JSON.stringify(lock, null, 2));
}

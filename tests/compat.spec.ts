/** The compatibility table: that it is complete, that its rows hold, and that the pages made from it are up to date. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { additions } from './compat/additions.ts';
import { all, codeName } from './compat/codes.ts';
import { enums, members, pending, synchronous } from './compat/members.ts';
import { never } from './compat/never.ts';
import { pages } from './compat/pages.ts';
import { split } from './compat/render.ts';
import type { Row } from './compat/row.ts';
import { driver, type Outcome } from './compat/stage.ts';
import { areas } from './compat/table.ts';
import { root } from './support/proc.ts';
import { appId, expect, test } from './support/test.ts';

const rows = areas.flatMap((area) => area.rows);
const label = (row: Row) => `${row.member}: ${row.when}`;

test('every member and every code has a row, or a reason', () => {
  const inRows = new Set(rows.map((row) => row.member));
  expect(members.filter((name) => !inRows.has(name) && !pending.includes(name)), 'members without a row').toEqual([]);
  expect([...inRows, ...pending, ...synchronous, ...Object.keys(enums)].filter((name) => !members.includes(name)), 'names that are no members').toEqual([]);
  expect(pending.filter((name) => inRows.has(name)), 'pending members that have rows').toEqual([]);

  const withCode = rows.filter((row) => 'code' in row && row.code !== undefined);
  expect(withCode.filter((row) => !codeName(row)).map(label), 'rows whose code is not of the enum').toEqual([]);
  const covered = new Set(withCode.map(codeName));
  const waiting = new Set(pending.map((name) => enums[name]));
  expect(all.filter(([name, code]) => !covered.has(code) && !(code in never) && !waiting.has(name)).map(([, code]) => code), 'codes without a row').toEqual([]);
  expect(Object.keys(never).filter((code) => covered.has(code) || !all.some(([, name]) => name === code)), 'codes that are produced after all').toEqual([]);
});

test('every event that the types declare is a member, and the other way round', () => {
  const types = readFileSync(path.join(root, 'web/src/rtm.d.ts'), 'utf8');
  const prefixes: Record<string, string> = { RtmClient: 'client:', MoreClient: 'client:', RtmChannel: 'channel:', LocalInvitation: 'local:', RemoteInvitation: 'remote:' };
  const declared = [...types.matchAll(/interface (\w+)Events \{([^}]*)\}/g)].flatMap(([, of, body]) =>
    [...body!.matchAll(/^ +(\w+): \(/gm)].map(([, event]) => prefixes[of!] + event!));
  expect(declared.sort()).toEqual(members.filter((name) => name.includes(':')).sort());
});

test('tests that rows refer to are there', () => {
  const source = (place: string) => {
    if (place.includes('/') && existsSync(path.join(root, place)) && place.endsWith('.ts')) return readFileSync(path.join(root, place), 'utf8');
    const folder = path.join(root, place);
    return readdirSync(folder).filter((name) => name.endsWith('_test.go')).map((name) => readFileSync(path.join(folder, name), 'utf8')).join('\n');
  };
  const missing = [...rows, ...additions].filter((row) => {
    if (!('shown' in row)) return false;
    const [place, name] = split(row.shown);
    return !source(place).includes(place.endsWith('.ts') ? `test('${name.replaceAll("'", "\\'")}'` : `func ${name}(t *testing.T)`);
  });
  expect(missing.map((row) => 'shown' in row && row.shown)).toEqual([]);
});

for (const [name, render] of Object.entries(pages))
  test(`docs/${name} is made from the table`, () => {
    expect(readFileSync(path.join(root, 'docs', name), 'utf8') === render(), 'run make docs').toBe(true);
  });

test('the objects have no public member that the table lacks', async ({ openPage }) => {
  const page = await openPage();
  const found = await page.evaluate((appId) => {
    const sdk = (window as any).AgoraRTM;
    const client = sdk.createInstance(appId, { logFilter: sdk.LOG_FILTER_OFF });
    const names = (of: any) => {
      const all = new Set<string>();
      for (let o = of; o && o !== Object.prototype; o = Object.getPrototypeOf(o)) for (const name of Object.getOwnPropertyNames(o)) all.add(name);
      return [...all].filter((name) => name !== 'constructor' && !name.startsWith('rtm$')); // those are private
    };
    return { '': names(sdk), 'client.': names(client), 'channel.': names(client.createChannel('c')), 'local.': names(client.createLocalInvitation('b')) };
  }, appId);
  for (const [prefix, names] of Object.entries(found)) {
    const unknown = names.filter((name) => !members.includes(prefix + name) && !(prefix && members.includes('emitter.' + name)));
    expect(unknown, prefix).toEqual([]);
  }
});

for (const area of areas) {
  test(`${area.title}: every row holds`, async ({ openPage, run }) => {
    const here = area.rows.filter((row) => 'fails' in row || 'works' in row);
    const page = await openPage();
    const outcomes: Outcome[] = await page.evaluate(
      async ({ source, appId, run, rows }) => new Function(`return (${source})`)()(appId, run, 6)(rows),
      { source: driver.toString(), appId, run: `c${run}`, rows: here.map(plain) },
    );
    const wrong = here.flatMap((row, i) => (outcomes[i]!.wrong ? [`${label(row)}: ${outcomes[i]!.wrong}`] : []));
    expect(wrong).toEqual([]);
  });
}

/** A row as the page can take it. */
function plain(row: Row) {
  const how = synchronous.has(row.member) ? 'thrown' : 'rejected';
  if ('fails' in row) return { fails: row.fails.toString(), how, class: row.class, code: row.code };
  return { works: 'works' in row ? row.works.toString() : '', how, class: '' };
}

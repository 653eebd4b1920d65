/** docs/compatibility.md, made of the table. */
import { additions } from './additions.ts';
import { all, codeName } from './codes.ts';
import { members, pending } from './members.ts';
import { never } from './never.ts';
import type { Area, Row } from './row.ts';
import { areas } from './table.ts';

export const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** A member as applications write it. */
export function written(member: string): string {
  const event = /^(\w+):(\w+)$/.exec(member);
  if (event) return `\`${event[1]}.on('${event[2]}')\``;
  return `\`${member.replace(/^local\./, 'localInvitation.').replace(/^remote\./, 'remoteInvitation.')}\``;
}

function outcome(row: Row): string {
  if (!('class' in row) || !row.class) return 'as described';
  const name = codeName(row);
  return `${row.class}${row.code === undefined ? '' : ` ${row.code}`}${name ? ` \`${name}\`` : ''}`;
}

function shownBy(row: object): string {
  if (!('shown' in row)) return 'browser';
  const [place, name] = split(row.shown as string);
  return place.includes('/') ? `${place}: ${name}` : `${place}: \`${name}\``;
}

/** 'place:name' in its two parts. */
export function split(shown: string): [string, string] {
  const at = shown.indexOf(':');
  return [shown.slice(0, at), shown.slice(at + 1)];
}

function table(area: Area): string[] {
  const order = [...new Set(area.rows.map((row) => row.member))];
  const rows = order.flatMap((member) => area.rows.filter((row) => row.member === member));
  return [
    `### ${area.title}`, '',
    '| Member | When, or what holds | Outcome | Shown by |', '|---|---|---|---|',
    ...rows.map((row) => `| ${written(row.member)} | ${cell(row.when)} | ${outcome(row)} | ${cell(shownBy(row))} |`),
    '',
  ];
}

export function render(): string {
  const rows = areas.flatMap((area) => area.rows);
  const produced = all.filter(([, name]) => !(name in never));
  const differing = rows.filter((row) => row.differs);
  return [
    '# Compatibility with the RTM Web SDK 1.4.5', '',
    '<!-- Made from tests/compat by `make docs`; do not edit. -->', '',
    `Applications of 1.4 can name ${members.length} members; ${members.length - pending.length} are here. Of the ${all.length} error codes ${produced.length} can occur;`,
    `the others are listed below with the reason. ${rows.length} rows say what each member does, and a test checks each: "browser" rows`,
    'run in a real browser against a real gateway (`npx playwright test tests/compat.spec.ts`). The other rows name their test, because they need',
    'time, a broken network or a gateway with tokens.', '',
    ...(pending.length ? [`Not here yet: ${pending.map(written).join(', ')}.`, ''] : []),
    '## Deliberate differences', '',
    '| Member | Here | Why |', '|---|---|---|',
    ...differing.map((row) => `| ${written(row.member)} | ${cell(row.when)}${'class' in row && row.class ? `: ${outcome(row)}` : ''} | ${cell(row.differs!)} |`), '',
    '## New, in files of their own', '',
    '| Import | What | Shown by |', '|---|---|---|',
    ...additions.map((addition) => `| \`${addition.entry}\` | ${cell(addition.what)} | ${cell(shownBy(addition))} |`), '',
    '## Members', '',
    ...areas.flatMap(table),
    '## Codes that are never produced', '',
    '| Code | Why |', '|---|---|',
    ...Object.entries(never).map(([name, why]) => `| \`${name}\` | ${cell(why)} |`),
    '',
  ].join('\n');
}

/** What the comments of rtm.d.ts leave out: members without a comment, parameters, examples, and errors that the table of the API has. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { codeName } from '../compat/codes.ts';
import { areas } from '../compat/table.ts';
import { root } from '../support/proc.ts';
import type { Block } from './blocks.ts';

const classes: Record<string, string> = { client: 'RtmClient', channel: 'RtmChannel', local: 'LocalInvitation', remote: 'RemoteInvitation' };

const file = () => readFileSync(path.join(root, 'web/src/rtm.d.ts'), 'utf8');

/** Each as "member: @throws {Class} NAME (code)". */
export function undeclared(types = file()): string[] {
  const rows = areas.flatMap((area) => area.rows).flatMap((row) => ('code' in row && row.code && row.class ? [{ member: row.member, says: `@throws {${row.class}} ${codeName(row)} (${row.code}):` }] : []));
  const wanted = new Map(rows.map((row) => [`${row.member}: ${row.says}`, row]));
  return [...wanted].filter(([, { member, says }]) => !comment(types, member).includes(says)).map(([label]) => label);
}

/** Public members of the classes, and functions of the module, that have no comment; of methods also "name @param x" and "name @example". Of overloads the first has it. */
export function undocumented(types = file()): string[] {
  const missing: string[] = [];
  const lines = types.split('\n');
  let [owner, last] = ['', ''];
  lines.forEach((line, i) => {
    const [, opened] = /^declare class (\w+)/.exec(line) ?? [];
    if (opened) owner = opened;
    else if (line === '}') owner = '';
    const [, name, what] = (owner ? /^  (?:readonly )?([\w[\].]+)([?:(<].*)/ : /^export declare (?:function|const) (\w+)(.*)/).exec(line) ?? [];
    if (!name || name === 'constructor' || name === last) return;
    last = name;
    const text = before(lines.slice(0, i).join('\n'));
    const label = owner ? `${owner}.${name}` : name;
    if (!text) missing.push(label);
    else if (/^(<.*>)?\(/.test(what!) && !/^(The same as|As) /.test(text.slice(4))) {
      const names = [...what!.replace(/: Promise<.*/, '').matchAll(/(?:\(|, |\.\.\.)(\w+)\??: /g)].map(([, name]) => `@param ${name} `);
      missing.push(...[...names, '@example'].filter((tag) => !text.includes(tag)).map((tag) => `${label} ${tag.trim()}`));
    }
  });
  return missing;
}

/** The examples, as blocks for the compiler. */
export function examples(types = file()): Block[] {
  return [...types.matchAll(/@example\s([^]*?)\n *\*\//g)].map(([, text], i) => ({
    page: 'example', line: i, language: 'js', mark: '', text: text!.replaceAll(/^ *\* ?/gm, ''),
  }));
}

/** The comment of a member, in one line. */
function comment(types: string, member: string): string {
  const [owner, name] = member.split('.') as [string, string?];
  if (!name) return before(types, new RegExp(`^export declare (?:const|function) ${owner}\\b`, 'm'));
  const start = types.search(new RegExp(`^declare class ${classes[owner]} `, 'm'));
  return before(types.slice(start, types.indexOf('\n}', start)), new RegExp(`^  (?:readonly )?${name}\\b`, 'm'));
}

/** The comment right before what matches, or at the end. */
function before(text: string, pattern = /$/): string {
  const head = text.slice(0, text.search(pattern)).trimEnd();
  return head.endsWith('*/') ? head.slice(head.lastIndexOf('/**')).replaceAll(/\n\s*\*/g, ' ').replaceAll(/\s+/g, ' ') : '';
}

/** What the comments of rtm.d.ts leave out: members without a comment, and errors that the table of the API has. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { areas } from '../compat/table.ts';
import { root } from '../support/proc.ts';

const classes: Record<string, string> = { client: 'RtmClient', channel: 'RtmChannel', local: 'LocalInvitation', remote: 'RemoteInvitation' };

/** Each as "member: Class code". 102 is said once, for all. */
export function undeclared(): string[] {
  const types = readFileSync(path.join(root, 'web/src/rtm.d.ts'), 'utf8');
  const rows = areas.flatMap((area) => area.rows).flatMap((row) => ('code' in row && row.code && row.class ? [{ member: row.member, name: row.class.slice(3, -5), code: row.code }] : []));
  const wanted = new Map(rows.filter(({ code, member }) => code !== 102 || /logout/.test(member)).map((row) => [`${row.member}: ${row.name} ${row.code}`, row]));
  return [...wanted].filter(([, { member, name, code }]) => !says(comments(types, member), name, code)).map(([label]) => label);
}

/** Public members of the classes, and functions of the module, that have no comment. Of overloads the first has it. */
export function undocumented(types = readFileSync(path.join(root, 'web/src/rtm.d.ts'), 'utf8')): string[] {
  const missing: string[] = [];
  let [owner, last, documented] = ['', '', false];
  for (const line of types.split('\n')) {
    const [, opened] = /^declare class (\w+)/.exec(line) ?? [];
    if (opened) owner = opened;
    else if (line === '}') owner = '';
    const [, name] = (owner ? /^  (?:readonly )?([\w[\].]+)[?:(<]/ : /^export declare (?:function|const) (\w+)/).exec(line) ?? [];
    if (name && name !== last && !documented) missing.push(owner ? `${owner}.${name}` : name);
    if (name) last = name;
    documented = /\*\/$/.test(line);
  }
  return missing;
}

/** "Unauthenticated 4, 5" says Unauthenticated 5, and so does "Unauthenticated 4 (invalid), 5". */
function says(comment: string, name: string, code: number): boolean {
  return comment.split(/(?=\b(?:InvalidArgument|InvalidStatus|LimitExceeded|InvokeTooOften|Timeout|Interrupted|Unauthenticated|Unavailable|Unknown)\b)/)
    .some((part) => part.startsWith(name) && new RegExp(`^\\w+ (?:\\d+\\b[^.;]*?)?\\b${code}\\b`).test(part));
}

/** The comment of a member, and that of its class. */
function comments(types: string, member: string): string {
  const [owner, name] = member.split('.') as [string, string?];
  if (!name) return before(types, new RegExp(`^export declare (?:const|function) ${owner}\\b`, 'm'));
  const start = types.search(new RegExp(`^declare class ${classes[owner]} `, 'm'));
  const body = types.slice(start, types.indexOf('\n}', start));
  return before(types, new RegExp(`^declare class ${classes[owner]} `, 'm')) + before(body, new RegExp(`^  (?:readonly )?${name}\\b`, 'm'));
}

/** The comment right before what matches. */
function before(text: string, pattern: RegExp): string {
  const head = text.slice(0, text.search(pattern)).trimEnd();
  return head.endsWith('*/') ? head.slice(head.lastIndexOf('/**')).replaceAll(/\n\s*\*/g, ' ').replaceAll(/\s+/g, ' ') : '';
}

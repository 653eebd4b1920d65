/** docs/errors.md, made of core/errors.json, the table and the cures. */
import errors from '../../core/errors.json' with { type: 'json' };
import { codeName } from './codes.ts';
import { cure } from './cures.ts';
import { members } from './members.ts';
import { never } from './never.ts';
import { cell, written } from './render.ts';
import { areas } from './table.ts';

const head = `# Errors

<!-- Made from core/errors.json and tests/compat by \`make docs\`; do not edit. -->

Asynchronous methods reject, and never throw. The others, such as \`createChannel\` or \`invitation.send\`, throw. What comes is always
an \`Error\` with these fields:

| Field | Holds |
|---|---|
| \`name\` | the class, see below |
| \`code\` | a number of the method that failed: 102 is "not logged in" everywhere, others mean something else in each method |
| \`message\` | what was wrong, and what is wanted |
| \`serverCode\` | a number that the gateway sent; for media the HTTP status of the last attempt, perhaps from a proxy; else undefined |
| \`originalError\` | the cause, where there is one |

\`\`\`js
import AgoraRTM from 'rtm-wasm';

const client = AgoraRTM.createInstance('0123456789abcdef0123456789abcdef', { gateway: 'https://rtm.example.org' });
await client.login({ uid: 'alice' });
try {
  console.log(await client.getUserAttributes('carol'));
} catch (error) {
  if (error.name === 'RtmUnavailableError' && error.code === 6) console.log('carol is not online');
  else throw error;
}
\`\`\`

As in 1.4, the error classes are not exported: compare \`name\`.

| \`name\` | Means | Trying again |
|---|---|---|
| \`RtmInvalidArgumentError\` | an argument is not what it must be | does not help: change the call |
| \`RtmInvalidStatusError\` | not now: not logged in, not joined, already sent | helps in another state |
| \`RtmLimitExceededError\` | too large, too many, too fast for [a limit](limits.md); nothing was sent | helps with less, or later |
| \`RtmInvokeTooOftenError\` | a rate was passed; nothing was sent | helps when its time has passed |
| \`RtmTimeoutError\` | no answer, or no progress, in time | helps when the network is back |
| \`RtmInterruptedError\` | your code canceled it or logged out, or the same user logged in elsewhere | is up to you |
| \`RtmUnauthenticatedError\` | app id or token refused | helps with a new token |
| \`RtmUnavailableError\` | the gateway is out of reach, refuses, or does not have it | helps later, but for what is not there |
| \`RtmUnknownError\` | a channel method failed for a reason that has no class; \`originalError\` tells | depends on that |
| \`RtmInternalError\` | the SDK's core stopped; has no code | log in again: a fresh one starts |

A \`TypeError\` without a code is what the 1.4 SDK throws for \`null\` in place of an object, and so does this one.

## By method

Codes are the same numbers as in 1.4. Those that 1.4 defines and nothing here produces are listed in
[Compatibility](compatibility.md#codes-that-are-never-produced).
`;

const rows = areas.flatMap((area) => area.rows);

/** One section for each enum that has codes which occur. */
export function renderErrors(): string {
  const sections = Object.values(errors).map((codes) => {
    const lines = Object.entries(codes).filter(([name]) => !(name in never)).map(([name, code]) => ({ name, line: row(name, code) }));
    const methods = [...new Set(lines.flatMap(({ name }) => of(name).map((row) => row.member)))];
    return { members: methods, lines: lines.map(({ line }) => line) };
  });
  const position = ({ members: [first] }: { members: string[] }) => members.indexOf(first!);
  return [head, ...sections.filter(({ lines }) => lines.length).sort((a, b) => position(a) - position(b)).flatMap(({ members, lines }) => [
    `### ${title(members)}`, '', ...(members.length > 3 ? [`${members.map(written).join(', ')}.`, ''] : []),
    '| Code | Name | Class | When | What to do |', '|---|---|---|---|---|', ...lines, '',
  ])].join('\n');
}

const of = (name: string) => rows.filter((row) => codeName(row) === name);

function row(name: string, code: number): string {
  const found = of(name);
  const classes = [...new Set(found.map((row) => ('class' in row && row.class) || ''))];
  // The order of the checks is for docs/compatibility.md.
  const when = [...new Set(found.map(({ member, when }) => (when === 'is assigned' ? `${member.split('.')[1]} is assigned` : when.replace(/, (before|after) .*/, ''))))];
  return `| ${code} | \`${name}\` | ${classes.map((name) => `\`${name}\``).join(', ')} | ${cell(when.join('; '))} | ${cell(cure(name))} |`;
}

function title(members: string[]): string {
  if (members.length <= 3) return members.map(written).join(', ');
  return members[0]!.includes('Attributes') ? 'Attributes' : 'Call invitations';
}

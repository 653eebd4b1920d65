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

Asynchronous methods reject and never throw. The others, such as \`createChannel\` or \`invitation.send\`, throw. The error is always
an \`Error\` with these fields:

| Field | Holds |
|---|---|
| \`name\` | the class, see below |
| \`code\` | a number. 102 is "not logged in" for every method; other numbers mean something else for each method |
| \`message\` | what was wrong, and what is expected |
| \`serverCode\` | a number that the gateway sent; for media the HTTP status of the last attempt, perhaps from a proxy; otherwise undefined |
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
| \`RtmInvalidArgumentError\` | an argument is not valid | does not help: change the call |
| \`RtmInvalidStatusError\` | not possible in this state: not logged in, not joined, already sent | helps in another state |
| \`RtmLimitExceededError\` | too large, too many, too fast for [a limit](limits.md); nothing was sent | helps with less, or later |
| \`RtmInvokeTooOftenError\` | called more often than the rate allows; nothing was sent | helps after the time of the rate |
| \`RtmTimeoutError\` | no answer, or no progress, in time | helps when the network is back |
| \`RtmInterruptedError\` | your code canceled the call or logged out, or the same user logged in elsewhere | is your choice |
| \`RtmUnauthenticatedError\` | app id or token refused | helps with a new token |
| \`RtmUnavailableError\` | the gateway cannot be reached, refuses, or does not have the file or user | helps later, unless the file or user does not exist |
| \`RtmUnknownError\` | a channel method failed for a reason that has no class; see \`originalError\` | depends on that |
| \`RtmInternalError\` | the SDK's core stopped; has no code | log in again: a new core starts |

As in 1.4, \`null\` in place of an object throws a \`TypeError\` without a code.

## By method

Codes are the same numbers as in 1.4. The codes of 1.4 that never occur here are listed in
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

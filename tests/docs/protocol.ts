import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/proc.ts';

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** What docs/protocol.md does not tell of the close codes, requests and answers. */
export function untold(): string[] {
  const page = read('docs/protocol.md');
  const codes = [...read('core/wire/closecode.go').matchAll(/^\t(Close\w+) += (\d+)/gm)].map(([, name, code]) => `| ${code} | \`${name}\` |`);
  const fields = [...read('core/wire/rtm.proto').matchAll(/^message (?:Client|Server)Frame \{([^}]*)\}/gm)]
    .flatMap(([, body]) => [...body!.matchAll(/^ +[A-Z]\w+ (\w+) = /gm)].map(([, name]) => `\`${name}\``));
  if (!codes.length || !fields.length) throw new Error('nothing was found to compare with');
  return [...codes, ...fields].filter((text) => !page.includes(text));
}

/**
 * What is done with a block, by its language:
 *
 *   js, ts       a program of its own: compiled against rtm.d.ts with --strict, and run as a module against a real gateway, in a page
 *                that has the script tag and finds the package.
 *   tsx          the same, bundled with React, in a page that has a <main>.
 *   html         a page on the reader's own web server, opened against a real gateway.
 *   html page    a file that the reader saves and opens.
 *   js adds      goes to the end of the program, or of the page's last script, that comes before it on the page.
 *   js app.js    a file of that name, beside the page that comes before it.
 *                programs.ts puts these together and adds nothing; readers.ts says what the reader does with them, and sees.
 *   sh           shell.ts says what of it is run and what is only looked up.
 *   go           vetted.
 *   json         parsed, as it is or as the inside of an object.
 *   nginx, caddy the server is started with it where it is at hand (scripts/unpack-tools.sh, on Debian), and a page
 *                sends the largest file through it. Elsewhere only brackets and semicolons are looked at.
 *   mjs, python  backends of applications: run by tests/media_urls_page_test.go, as is their Go.
 *   swift        only brackets are looked at.
 *
 * Those of docs/operating.md and docs/backend.md, each one long session at a terminal, are run by tests/operating_page_test.go and
 * tests/backend_page_test.go.
 */
import type { Block } from './blocks.ts';

export const languages = ['js', 'ts', 'tsx', 'html', 'sh', 'go', 'json', 'nginx', 'caddy', 'mjs', 'python', 'swift'];

/** What is wrong with the words behind a fence. */
export function unruly({ language, mark }: Block): string | undefined {
  if (!language) return 'it names no language';
  if (!languages.includes(language)) return `there is no rule for ${language}`;
  if (!mark) return undefined;
  const known = language === 'js' ? /^(adds|\w+\.js)$/ : language === 'html' ? /^page$/ : /^$/;
  return known.test(mark) ? undefined : `a block of ${language} can't be marked ${mark}`;
}

/** What is wrong with a block of JSON. */
export function badJson(text: string): string | undefined {
  for (const whole of [text, `{${text}}`]) {
    try {
      return void JSON.parse(whole);
    } catch {}
  }
  return 'it is no JSON, not even as the inside of an object';
}

/** What is wrong with the form of a server's configuration, or of Swift. */
export function badForm({ language, text }: Block): string | undefined {
  let depth = 0;
  for (const line of text.split('\n').map((line) => line.replace(/(^|\s)#.*/, '').trim())) {
    if (line.endsWith('{')) depth++;
    else if (line === '}') depth--;
    else if (language === 'nginx' && line && !line.endsWith(';')) return `a semicolon is missing: ${line}`;
    if (depth < 0) return 'a bracket is closed that was not opened';
  }
  return depth ? 'a bracket is not closed' : undefined;
}

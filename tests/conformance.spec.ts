import { test, expect } from './support/test.ts';

test('the bridge passes its own tests and the conformance suite in a browser', async ({ page, site, gateway }, info) => {
  const query = new URLSearchParams([
    ['wasm', 'jsbridge.test.wasm'],
    ['arg', '-test.v'],
    ['env', `RTM_GATEWAY=${gateway.url}`],
  ]);
  await page.goto(`${site.url}/gotest.html?${query}`);
  await page.waitForFunction(() => (window as any).goTest.exit !== null, undefined, { timeout: 0 });
  const { lines, exit } = await page.evaluate(() => (window as any).goTest as { lines: string[]; exit: number });
  await info.attach('go test', { body: lines.join('\n'), contentType: 'text/plain' });
  expect(exit, lines.join('\n')).toBe(0);
  expect(lines.join('\n')).toContain('--- PASS: TestConformance');
});

/** The documentation as the gateway serves it, under its policy. `make build DOCS=yes` puts it there. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expectLoaded } from './support/pictures.ts';
import { test as base, expect } from './support/test.ts';

const test = base.extend<{ docs: (path?: string, status?: number) => Promise<Page> }>({
  /** Opens a page of the documentation; nothing on it may fail, be refused by the policy or come from elsewhere. */
  docs: async ({ page, gateway }, use) => {
    const problems: string[] = [];
    let expected = 200;
    page.on('pageerror', (e) => problems.push(String(e)));
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && !(expected === 404 && m.text().includes('404')) && problems.push(m.text()));
    page.on('request', (r) => !r.url().startsWith(`${gateway.url}/docs/`) && !r.url().startsWith('data:') && problems.push(`asks for ${r.url()}`));
    await use(async (path = '', status = 200) => {
      expected = status;
      const response = await page.goto(`${gateway.url}/docs/${path}`);
      expect(response!.status(), await response!.text()).toBe(status);
      return page;
    });
    expect(problems).toEqual([]);
  },
});

async function axe(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.slice(0, 5).map((n) => `${n.html} ${n.any.map((a) => a.message)}`).join(' | ')}`), page.url()).toEqual([]);
}

test('a reader finds the start, searches, follows links and comes back to an address', async ({ docs }) => {
  const page = await docs();
  await expectLoaded(page.getByRole('img', { name: /^The demo/ }));
  expect(await page.getByRole('img', { name: /^The demo/ }).evaluate((e) => (e as HTMLImageElement).naturalWidth)).toBeGreaterThan(500);

  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('searchbox').fill('metadata thumbnail');
  const found = page.getByRole('option').filter({ has: page.locator('a[href*="/pictures.html"]') }).first();
  await expect(found).toBeVisible();
  await found.click();
  await expect(page).toHaveURL(/\/docs\/pictures\.html/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Pictures');

  await page.getByRole('complementary').getByRole('link', { name: 'Media URLs' }).first().click();
  await expect(page).toHaveURL(/\/docs\/media-urls\.html/);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Media URLs');
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Pictures');
});

test('where no page is, one says so and leads home', async ({ docs }) => {
  const page = await docs('none.html', 404);
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
  await axe(page);
  await page.getByRole('link', { name: /home/i }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Documentation');
});

test('files with a hash in their names are kept, pages are asked for', async ({ docs, page }) => {
  const answers: [string, string | undefined][] = [];
  page.on('response', (r) => answers.push([new URL(r.url()).pathname, r.headers()['cache-control']]));
  await docs('media.html');
  await page.waitForLoadState('networkidle');
  expect(answers.length).toBeGreaterThan(5);
  for (const [path, cached] of answers) expect(cached, path).toBe(path.startsWith('/docs/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
});

/** One page of each kind: axe takes minutes for the largest, which have nothing that these have not. */
const kinds = ['', 'getting-started.html', 'media-urls.html', 'runbook.html', 'api/', 'api/functions/preload.html', 'go/gateway.html', 'source/deploy/compose.yaml.html'];

for (const colorScheme of ['light', 'dark'] as const)
  test(`pages are axe clean (${colorScheme})`, async ({ docs, page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const path of kinds) {
      await docs(path);
      await expect(page.locator('html')).toHaveClass(colorScheme === 'dark' ? /dark/ : /^(?!.*dark)/);
      await test.step(path, () => axe(page));
    }
  });

import { existsSync } from 'node:fs';
import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';
import { miniBrowser } from './tests/support/webkit.ts';

const first = (...places: (string | undefined)[]) => places.find((p) => p && existsSync(p));

// The browsers on the machine; where there is no Chromium, the test runner's own. The headless shell is Chromium without
// tabs and toolbars. Tests open hundreds of windows, and each takes a tenth of the CPU there.
const chromium = first(process.env.CHROMIUM, '/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/google-chrome');
const firefox = first(process.env.FIREFOX, '/usr/bin/firefox-esr', '/Applications/Firefox.app/Contents/MacOS/firefox');

/** What is shown in every browser: the guide's snippets, the table of the API, bad networks, a killed gateway, a wasm that fails. */
const everywhere = /seed\.spec|compat\.spec|badnet\.spec|@everywhere/;
/** What is shown in Firefox as well: it needs more of Playwright than there is for WebKit. */
const inFirefox = /@firefox/;

const inChromium = {
  browserName: 'chromium' as const,
  launchOptions: {
    executablePath: chromium,
    // With gc(): tests may collect garbage when it does most harm.
    args: ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--js-flags=--expose-gc'],
  },
};

type Options = { engine: 'playwright' | 'webkit' };
const projects: PlaywrightTestConfig<{}, Options>['projects'] & {} = [
  { name: 'chromium', use: inChromium },
  {
    name: 'firefox',
    grep: [everywhere, inFirefox],
    use: { browserName: 'firefox', channel: 'moz-firefox', launchOptions: { executablePath: firefox } },
  },
  // Driven over WebDriver; the Chromium beside it stays idle.
  { name: 'webkit', grep: everywhere, use: { ...inChromium, engine: 'webkit' } },
];

const missing = [...(firefox ? [] : ['firefox']), ...(miniBrowser ? [] : ['webkit'])];
if (missing.length && process.env.CI) throw new Error(`no ${missing.join(' and no ')} here: see scripts/install-test-tools.sh`);
if (missing.length && !process.env.TEST_WORKER_INDEX) console.warn(`\nNOT TESTED, since they are not installed: ${missing.join(', ')}\n`);

export default defineConfig<{}, Options>({
  testDir: './tests',
  testMatch: '**/*.spec.ts',
  testIgnore: '**/.build/**', // where benches put an older commit
  timeout: 300_000, // a machine ten times as busy is slow, not wrong
  expect: { timeout: 60_000 },
  workers: 4, // of two processors: more than half of the time they wait
  fullyParallel: false,
  forbidOnly: !!process.env.CI,
  reporter: [['list'], ['./tests/support/summary.ts']],
  use: {
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
  projects: projects.filter(({ name }) => !missing.includes(name!)),
});

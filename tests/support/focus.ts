/** Where the focus of a page is, and whether one sees it. */
import { expect, type Locator, type Page } from '@playwright/test';

/** What one reaches with Tab, and can use with a key. */
export const CONTROLS = 'a[href], button, input, textarea, summary, audio, video, [tabindex="0"]';

/** Has the page note each frame in which no control has the focus any more; for pages that are still to be opened. */
export async function watchFocus(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const lost: string[] = ((window as any).lostFocus = []);
    let last: Element | undefined;
    const look = () => {
      const active = document.activeElement;
      if (active && active !== document.body) last = active;
      else if (last) {
        lost.push(`${last.outerHTML.slice(0, 120)}, ${last.isConnected ? 'out of sight' : 'taken away'}`);
        last = undefined;
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}

/** That watchFocus saw no loss. */
export async function expectFocusKept(page: Page, after: string): Promise<void> {
  await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
  expect(await page.evaluate('window.lostFocus'), `the focus is kept after ${after}`).toEqual([]);
}

/** Presses Tab (or Shift+Tab) until a control has the focus; at every stop one must see where it is. */
export async function tabTo(page: Page, control: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await expect(control).toBeVisible();
  for (let stops = 0; stops < 80; stops++) {
    if (await control.evaluate((e) => e === document.activeElement || (e as HTMLElement).contains(document.activeElement))) return;
    await page.keyboard.press(key);
    await expectRing(page);
  }
  throw new Error(`80 times ${key} do not lead to ${control}`);
}

/** That what has the focus shows it: an outline that stands out from what is below it. */
export async function expectRing(page: Page): Promise<void> {
  expect(await page.evaluate(ringProblem), 'the focus is seen').toBe('');
}

/** Runs in the page. What is wrong with the focus ring, or "". */
function ringProblem(): string {
  const element = document.activeElement!;
  if (element === document.body || element === document.documentElement || element.matches('audio, video, dialog')) return ''; // the browser's own parts, and Firefox's stop between a dialog's last control and its first
  type Colour = number[]; // red, green, blue of 255, opacity of 1
  const parse = (text: string): Colour => {
    const numbers = (/rgba?\((.*?)\)/.exec(text)?.[1]?.match(/[\d.]+/g) ?? []).map(Number);
    return [numbers[0]!, numbers[1]!, numbers[2]!, numbers[3] ?? 1];
  };
  const over = ([r, g, b, a]: Colour, below: Colour): Colour => [r, g, b].map((value, i) => value! * a! + below[i]! * (1 - a!));
  const ground = (from: Element | null): Colour => {
    if (!from) return [255, 255, 255, 1];
    const colour = parse(getComputedStyle(from).backgroundColor);
    return colour[3] === 1 ? colour : over(colour, ground(from.parentElement));
  };
  const luminance = (colour: Colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const contrast = (a: Colour, b: Colour) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light! + 0.05) / (dark! + 0.05);
  };
  const { outlineStyle, outlineWidth, outlineColor, outlineOffset, boxShadow } = getComputedStyle(element);
  const name = element.outerHTML.slice(0, 160);
  // Firefox does not say so of what it comes to from its own controls, which are beyond the ends of a page or dialog.
  const all = [...(element.closest('dialog') ?? document).querySelectorAll<HTMLElement>('a[href], button, textarea, input')].filter((e) => e.getClientRects().length && e.tabIndex >= 0);
  if ((element === all[0] || element === all.at(-1)) && !element.matches(':focus-visible')) return '';
  if (!element.matches(':focus-visible')) return `no :focus-visible on ${name}`;
  if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) return `no outline on ${name}`;
  const below = ground(parseFloat(outlineOffset) < 0 ? element : element.parentElement);
  const outline = over(parse(outlineColor), below);
  // On pictures, whose colours nobody knows, a second line of another colour goes along the outline.
  const found = boxShadow === 'none' ? contrast(outline, below) : contrast(outline, over(parse(boxShadow), below));
  return found >= 3 ? '' : `contrast ${found.toFixed(2)} of ${outlineColor} on ${below} at ${name}`;
}

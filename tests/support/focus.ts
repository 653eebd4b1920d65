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

type Key = 'Tab' | 'Shift+Tab';

/**
 * Presses Tab, or Shift+Tab if the control is above, until the control has the focus; at every stop one must see where it is.
 * So the focus never leaves the page: beyond its ends Firefox gives it to controls of its own, and then shows none in the page.
 */
export async function tabTo(page: Page, control: Locator): Promise<void> {
  await expect(control).toBeVisible();
  const way = (): Promise<Key | 'there'> =>
    control.evaluate((e) => {
      const { activeElement } = document;
      if (!activeElement || activeElement === document.body) return 'Tab';
      if (e.contains(activeElement)) return 'there';
      return activeElement.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING ? 'Shift+Tab' : 'Tab';
    });
  for (let stops = 0; stops < 80; stops++) {
    const key = await way();
    if (key === 'there') return;
    await page.keyboard.press(key);
    await expectRing(page);
  }
  throw new Error(`80 times Tab do not lead to ${control}`);
}

/** That Tab leads from the first control in sight over each one to the last, and Shift+Tab back; at every stop one must see where it is. */
export async function expectAllReached(page: Page): Promise<void> {
  const names = await page.evaluate((selector) => {
    const shown = [...document.querySelectorAll<HTMLElement>(selector)].filter((e) => e.getClientRects().length && e.tabIndex >= 0);
    shown.forEach((e, i) => (e.dataset.stop = String(i)));
    return shown.map((e) => e.id || e.ariaLabel || e.textContent?.trim() || e.tagName);
  }, CONTROLS);
  expect(names.length).toBeGreaterThan(1);
  const last = names.length - 1;
  for (const [key, from, to] of [['Tab', 0, last], ['Shift+Tab', last, 0]] as const) {
    await page.evaluate((stop) => document.querySelector<HTMLElement>(`[data-stop="${stop}"]`)!.focus(), from);
    const reached = new Set([from as number]);
    for (let presses = 0; presses < 4 * names.length && !reached.has(to); presses++) { // a player has several stops
      await page.keyboard.press(key);
      await expectRing(page);
      const stop = await page.evaluate(() => (document.activeElement as HTMLElement).dataset.stop);
      if (stop) reached.add(Number(stop));
    }
    expect(names.filter((_, i) => !reached.has(i)), `not reached by ${key}`).toEqual([]);
  }
}

/** That what has the focus shows it: an outline that stands out from what is below it. */
export async function expectRing(page: Page): Promise<void> {
  expect(await page.evaluate(ringProblem), 'the focus is seen').toBe('');
}

/** Runs in the page. What is wrong with the focus ring, or "". */
function ringProblem(): string {
  const element = document.activeElement!;
  if (element === document.body || element === document.documentElement) return 'no control has the focus';
  if (element.matches('audio, video')) return ''; // the browser shows which part of them has it
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
  if (!element.matches(':focus-visible')) return `no :focus-visible on ${name}`;
  if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) return `no outline on ${name}`;
  const below = ground(parseFloat(outlineOffset) < 0 ? element : element.parentElement);
  const outline = over(parse(outlineColor), below);
  // On pictures, whose colours nobody knows, a second line of another colour goes along the outline.
  const found = boxShadow === 'none' ? contrast(outline, below) : contrast(outline, over(parse(boxShadow), below));
  return found >= 3 ? '' : `contrast ${found.toFixed(2)} of ${outlineColor} on ${below} at ${name}`;
}

/** Dates on a page, and whether each is in one line. */
import type { Page } from "playwright-core";

/** Runs in the page. "27 Nov 2026, 10:15", "27.11.2026, 10:15"; what a list to choose from holds is drawn by the system. */
const look = `(() => {
  const date = /\\d{1,2}(?:\\s\\w{3,4}\\s|\\.\\d{1,2}\\.)\\d{4},\\s\\d{1,2}:\\d{2}/g;
  const found = { count: 0, broken: [] };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (text.parentElement.closest("option, pre") || !text.parentElement.checkVisibility()) continue;
    for (const { 0: said, index } of text.data.matchAll(date)) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + said.length);
      found.count++;
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
      if (lines.size > 1) found.broken.push(said);
    }
  }
  return found;
})()`;

export function datesOn(page: Page): Promise<{ readonly count: number; readonly broken: readonly string[] }> {
  return page.evaluate(look);
}

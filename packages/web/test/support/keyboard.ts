/** What a keyboard reaches on a page: all that can be used, in the order in which it is read, and what has the focus is seen. */
import type { Page } from "playwright-core";

/** More than any page has. */
const most = 200;
const batch = 12;

/**
 * Presses the tab key from the beginning of the page to its end, or around a dialog.
 * @returns what is wrong: elements that are not reached, reached out of order, or of which nobody sees that they have the focus
 */
export async function keyboardFaults(page: Page): Promise<string[]> {
  const count = Math.min(most, await page.evaluate<number>(prepare));
  for (let pressed = 0; pressed <= count; pressed += batch) {
    // They arrive in order, and nobody waits for each.
    await Promise.all(Array.from({ length: batch }, () => page.keyboard.press("Tab")));
    if (await page.evaluate<boolean>("keyboardWalk.around")) break;
  }
  return page.evaluate<string[]>("keyboardWalk.faults()");
}

/** Runs in the page: plain JavaScript, since what is compiled for Node may lean on helpers that are not there. */
const prepare = `(() => {
  const dialogs = [...document.querySelectorAll("[role=dialog]")].filter((one) => one.checkVisibility());
  const root = dialogs.at(-1) ?? document.body;
  if (root === document.body) {
    // Whoever has come to a page by its address begins at its beginning.
    const start = document.createElement("button");
    document.body.prepend(start);
    start.focus();
    start.remove();
    scrollTo(0, 0);
  }
  const usable = (one) =>
    one.checkVisibility({ visibilityProperty: true }) && !one.matches(":disabled") &&
    one.closest("[inert], [aria-hidden=true]") === null && one.tabIndex >= 0;
  const groups = new Set();
  const wanted = [...root.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter((one) => {
    if (!usable(one)) return false;
    if (one.type !== "radio") return true;
    // Of radio buttons the chosen one is a stop, or the first; arrows do the rest.
    const all = [...root.querySelectorAll("input[type=radio]")].filter(({ name }) => name === one.name);
    const stop = all.find(({ checked }) => checked) ?? all[0];
    return one === stop && !groups.has(one.name) && groups.add(one.name);
  });
  const nameOf = (one) => one.tagName + " " + (one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.textContent ?? "").trim().replace(/\\s+/g, " ").slice(0, 80);
  const outlined = (one) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  };
  const shown = (one) => outlined(one) || one.closest(".v-field--focused") !== null || (one.closest("label") !== null && outlined(one.closest("label"))) ||
    (one.closest(".v-selection-control") !== null && [...one.closest(".v-selection-control").querySelectorAll("*")].some(outlined));
  const faults = [];
  const reached = new Set();
  let last = -1;
  // A dialog is entered where it wants, and gone around.
  let turns = root === document.body ? 0 : 1;
  const walk = { around: false, faults: () => {
    removeEventListener("focusin", listener, true);
    for (const one of wanted) if (!reached.has(one) && one.isConnected) faults.push("not reached: " + nameOf(one));
    return faults;
  } };
  const look = (one) => {
    const box = (one.closest("label, .v-field, .v-selection-control") ?? one).getBoundingClientRect();
    if (box.bottom <= 0 || box.top >= innerHeight || box.width === 0) faults.push("out of sight: " + nameOf(one));
    else {
      const [x, y] = [box.left + Math.min(box.width, 60) / 2, (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2];
      const over = document.elementFromPoint(x, y);
      const own = one.closest("label, .v-input") ?? one;
      if (over !== null && !own.contains(over) && !over.contains(one)) faults.push("covered: " + nameOf(one) + " by " + nameOf(over));
    }
    // A field gets its frame when Vue has drawn it, which is next in turn.
    queueMicrotask(() => { if (!shown(one)) faults.push("focus not to be seen: " + nameOf(one)); });
  };
  const listener = ({ target }) => {
    if (reached.has(target)) { walk.around = true; return; }
    if (!root.contains(target)) { if (root !== document.body) faults.push("outside the dialog: " + nameOf(target)); return; }
    reached.add(target);
    const at = wanted.indexOf(target);
    // Rows that come while one scrolls are stops, too.
    if (at >= 0) {
      if (at < last && turns-- <= 0) faults.push("out of order: " + nameOf(target));
      last = at;
    }
    look(target);
  };
  addEventListener("focusin", listener, true);
  globalThis.keyboardWalk = walk;
  return wanted.length;
})()`;

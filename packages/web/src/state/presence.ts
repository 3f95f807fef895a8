/** Is somebody at the page? What it asks by itself while nobody is there would keep a session alive that should end. */
const attention = 10 * 60_000;
let seen = Date.now();

for (const event of ["pointermove", "pointerdown", "keydown", "wheel"])
  addEventListener(event, () => (seen = Date.now()), { passive: true, capture: true });

export function isSomebodyThere(): boolean {
  return !document.hidden && Date.now() - seen < attention;
}

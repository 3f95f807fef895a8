/** How pages of folders look: one style sheet, at a path of its own, since nothing may stand in the pages themselves. */

export const STYLE_PATH = "/.tastic.css";

export const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; margin: 0.5rem 0; }
nav ol { display: flex; flex-wrap: wrap; list-style: none; margin: 0; padding: 0; }
nav li { overflow-wrap: anywhere; }
nav li + li::before { content: "/"; padding: 0 0.4em; opacity: 0.6; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: 0.3rem 0; opacity: 0.8; }
th, td { text-align: left; padding: 0.3rem 0.6rem; border-bottom: 1px solid #8886; vertical-align: top; }
tbody th { font-weight: normal; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td time { white-space: nowrap; }
a { color: LinkText; }
a:focus-visible { outline: 2px solid; outline-offset: 2px; }
.actions { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; margin: 0.5rem 0; list-style: none; }
@media (max-width: 40rem) { .modified { display: none; } }
`;

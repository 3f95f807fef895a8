/**
 * Where Vuetify puts the colours of its themes. By itself it would write a `<style>` into the page, which a policy without
 * `unsafe-inline` refuses. But it hands its styles to a manager of the page's head if there is one; this is one, which
 * makes constructed style sheets of them.
 */
import type { App } from "vue";

interface Head {
  readonly style: readonly { readonly textContent: string }[];
}

interface Entry {
  patch(head: () => Head): void;
}

function push(head: () => Head): Entry {
  const sheet = new CSSStyleSheet();
  const patch = (next: () => Head): void => {
    sheet.replaceSync(
      next()
        .style.map(({ textContent }) => textContent)
        .join("\n"),
    );
  };
  patch(head);
  document.adoptedStyleSheets.push(sheet);
  return { patch };
}

/** To be called before Vuetify is installed. */
export function adoptStyles(app: App): void {
  app.provide("usehead", { push });
}

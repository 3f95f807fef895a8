/** A dialog gives the focus back to what had it; what is gone meanwhile is replaced by the heading of the page. */
import { watch, type Ref } from "vue";

/** @returns to be called when the dialog is gone */
export function useFocusBack(open: Readonly<Ref<boolean>>): () => void {
  let before: Element | null = null;
  // At once: a moment later the dialog has it.
  watch(
    open,
    (opened) => {
      if (opened) before = document.activeElement;
    },
    { immediate: true, flush: "sync" },
  );
  return () => {
    const holder = document.activeElement;
    // Whoever has gone on to something else is left alone.
    if (holder !== null && holder !== document.body && holder.closest("[role=dialog]") === null) return;
    const heir =
      before?.isConnected === true && before !== document.body ? before : document.querySelector("h1");
    if (heir instanceof HTMLElement) heir.focus({ preventScroll: true });
  };
}

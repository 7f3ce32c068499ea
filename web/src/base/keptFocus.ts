// Keeps the focus when what has it goes away, such as a button that was pressed: on what takes its place, or on what it stood in.
// Without it, whoever uses the keyboard or a screen reader would begin at the top of the page.

/** Starts to watch the page. */
export function keepFocus(): void {
  let had: HTMLElement | null = null; // what last had the focus
  let around: HTMLElement[] = []; // what it stood in, from the inside

  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    had = target;
    around = [];
    for (let each = target.parentElement; each && each !== document.body; each = each.parentElement) around.push(each);
  });

  new MutationObserver(() => {
    if (!had || document.activeElement !== document.body || (had.isConnected && !had.matches(":disabled"))) return;
    for (const kept of around.filter((each) => each.isConnected)) {
      const next = twin(had, kept) ?? kept;
      if (next === kept && !kept.hasAttribute("tabindex")) kept.tabIndex = -1;
      next.focus({ preventScroll: true });
      if (document.activeElement === next) return; // what has no box takes no focus, such as one with `display: contents`
    }
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
}

/** The same field, if it was made again. */
function twin(gone: HTMLElement, within: HTMLElement): HTMLElement | undefined {
  const named = (each: Element): string | null => each.getAttribute("name");
  const value = (each: Element): string | null => (each.matches("[type=radio], [type=checkbox]") ? each.getAttribute("value") : "");
  if (!named(gone)) return undefined;
  return [...within.querySelectorAll<HTMLElement>(`${gone.tagName}[name]`)].find((each) => each !== gone && named(each) === named(gone) && value(each) === value(gone));
}

import { useRef } from 'react';

/**
 * Gives the focus back to what opened a dialog when it closes. Radix does so only for a trigger of its own; a dialog that a
 * row or a menu opens would leave whoever uses the keyboard at the top of the page.
 */
export function useReturnFocus() {
  const opener = useRef<HTMLElement>(null);
  return {
    onOpenAutoFocus: () => {
      opener.current = openerOf(document.activeElement);
    },
    onCloseAutoFocus: (event: Event) => {
      if (!opener.current?.isConnected) return;
      event.preventDefault();
      opener.current.focus();
    },
  };
}

/** An item is gone together with its menu: then it is the button that the menu belongs to. */
function openerOf(focused: Element | null): HTMLElement | null {
  const menu = focused?.closest('[role=menu]');
  const found = menu ? document.getElementById(menu.getAttribute('aria-labelledby') ?? '') : focused;
  return found instanceof HTMLElement && found !== document.body ? found : null;
}

import type { RefObject, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from './html.ts';

interface Props {
  readonly id: string;
  readonly toggle: RefObject<HTMLButtonElement>;
  readonly items: readonly { readonly label: string; readonly onPick: () => void }[];
}

/** Buttons that are needed seldom, behind one. Closes by Escape, by a choice, and by going elsewhere. */
export function MoreMenu({ id, toggle, items }: Props): VNode {
  const [open, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const elsewhere = (event: Event): void => {
      if (!whole.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', elsewhere);
    document.addEventListener('focusin', elsewhere);
    return () => {
      document.removeEventListener('pointerdown', elsewhere);
      document.removeEventListener('focusin', elsewhere);
    };
  }, [open]);
  const close = (): void => {
    // The focus must not be lost with the button that has it.
    toggle.current?.focus();
    setOpen(false);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && open) close();
  };
  const pick = (onPick: () => void): void => {
    close();
    onPick();
  };
  return html`<div class="more" ref=${whole} onKeyDown=${onKey}>
    <button type="button" class="quiet" ref=${toggle} aria-expanded=${open ? 'true' : 'false'} aria-controls=${id}
      onClick=${() => setOpen(!open)}>More</button>
    <ul id=${id} class="menu" hidden=${!open}>
      ${items.map(({ label, onPick }) => html`<li key=${label}><button type="button" onClick=${() => pick(onPick)}>${label}</button></li>`)}
    </ul>
  </div>`;
}

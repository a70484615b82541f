import htm from 'htm';
import { h, type VNode } from 'preact';

/** Preact elements from a tagged template, so that the page needs no build. Every `${}` becomes text or an attribute, never markup. */
export const html: (strings: TemplateStringsArray, ...values: unknown[]) => VNode =
  // htm's declarations describe its CommonJS build; the browser loads its ES module, whose default export is the function itself.
  (htm as unknown as typeof htm.default).bind(h) as never;

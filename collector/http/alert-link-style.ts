/** The style of a link's page, inside it: nothing else is loaded. Colours as on the console. */
export const LINK_PAGE_STYLE = `
:root { color-scheme: light dark; --bg: #f4f6f8; --surface: #fff; --text: #16202b; --muted: #566372; --line: #dbe1e7;
  --accent: #0f5c6e; --accent-text: #fff; --critical: #b42318; --critical-bg: #fdecea; --warning: #8a4b00; --warning-bg: #fff3dc;
  --info: #1f5fa8; --info-bg: #e8f1fc; --ok: #1d6b3a; --ok-bg: #e6f5ec;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
@media (prefers-color-scheme: dark) { :root { --bg: #0f1419; --surface: #182028; --text: #e6edf3; --muted: #9daab8; --line: #2c3844;
  --accent: #4fb3c8; --accent-text: #06222a; --critical: #ff8f85; --critical-bg: #3d1a18; --warning: #f5bd62; --warning-bg: #38290f;
  --info: #86b9f5; --info-bg: #16293f; --ok: #79d69b; --ok-bg: #14301f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); overflow-wrap: anywhere; }
main { max-width: 34rem; margin: 0 auto; padding: 1rem 1rem 3rem; }
h1, h2, p, dl, dd { margin: 0; }
h1 { font-size: 1.3rem; line-height: 1.3; }
h2 { font-size: 1.05rem; }
.product { color: var(--muted); font-size: 0.85rem; font-weight: 600; margin-bottom: 0.5rem; }
article, form, details, .notice { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 1rem; margin-bottom: 0.75rem; }
.where { margin-bottom: 0.5rem; }
.badge { display: inline-block; padding: 0 0.6em; border-radius: 999px; font-size: 0.85rem; background: var(--info-bg); color: var(--info); }
.badge.critical { background: var(--critical-bg); color: var(--critical); }
.badge.warning { background: var(--warning-bg); color: var(--warning); }
.badge.resolved { background: var(--ok-bg); color: var(--ok); }
dl { margin-top: 0.75rem; display: grid; gap: 0.5rem; }
dt { color: var(--muted); font-size: 0.85rem; }
.small { color: var(--muted); font-size: 0.85rem; }
label { display: block; margin-bottom: 0.75rem; color: var(--muted); font-size: 0.85rem; }
textarea, select { display: block; width: 100%; margin-top: 0.25rem; padding: 0.6rem; font: inherit; font-size: 1rem; color: var(--text);
  background: var(--bg); border: 1px solid var(--line); border-radius: 8px; }
button { display: block; width: 100%; min-height: 3rem; margin-top: 0.5rem; padding: 0.6rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--accent); background: transparent; border: 1px solid var(--accent); border-radius: 8px; }
button.main { color: var(--accent-text); background: var(--accent); }
details { padding: 0; }
summary { padding: 0.75rem 1rem; min-height: 3rem; font-weight: 600; cursor: pointer; }
details form { border: 0; border-top: 1px solid var(--line); border-radius: 0 0 10px 10px; margin: 0; }
.notice.good { background: var(--ok-bg); border-color: var(--ok); }
.notice.good h2 { color: var(--ok); }
.notice.bad { background: var(--critical-bg); border-color: var(--critical); }
.notice.bad h2 { color: var(--critical); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`;

// Styles live in a shadow root as an adopted sheet, so that the page's own rules and its content policy leave them alone.

export function style(root) {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(CSS_TEXT)
  root.adoptedStyleSheets = [sheet]
}

const CSS_TEXT = `
  :host { all: initial; position: fixed; z-index: 2147483000; bottom: 20px; display: flex; flex-direction: column; align-items: flex-end; gap: 16px;
    font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; --ground: light-dark(#fff, #26272b); --text: light-dark(#1d1f23, #e8e9eb);
    --muted: light-dark(#565a63, #a7aab2); --ring: light-dark(rgb(20 24 40 / .09), rgb(255 255 255 / .09)); pointer-events: none; }
  :host([data-side=right]) { right: 20px; }
  :host([data-side=left]) { left: 20px; align-items: flex-start; }
  :host([dir=rtl][data-side=right]) { align-items: flex-start; }
  :host([dir=rtl][data-side=left]) { align-items: flex-end; }
  * { box-sizing: border-box; margin: 0; font: inherit; color: inherit; }
  [hidden] { display: none !important; }
  button { padding: 0; border: 0; background: none; text-align: inherit; cursor: pointer; pointer-events: auto; }
  svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; flex: none; }
  .launcher { position: relative; display: flex; align-items: center; justify-content: center; gap: 8px; min-width: 56px; height: 56px; border-radius: 28px;
    background: var(--brand); color: var(--words); box-shadow: 0 1px 3px rgb(0 0 0 / .18), 0 8px 24px -4px rgb(0 0 0 / .28); transition: scale .16s cubic-bezier(.2,0,0,1); }
  .launcher:hover { scale: 1.04; }
  .launcher:active { scale: .97; }
  .launcher:focus-visible { outline: 3px solid var(--words); box-shadow: 0 0 0 6px var(--brand); }
  .title { font-weight: 600; padding-inline-end: 20px; }
  .title:empty { display: none; }
  .launcher:has(.title:not(:empty)) > svg { margin-inline-start: 16px; }
  .badge { position: absolute; top: -3px; inset-inline-end: -3px; min-width: 22px; height: 22px; padding: 0 6px; border: 2px solid light-dark(#fff, #17181b); border-radius: 11px;
    background: #c62c33; color: #fff; font-size: 11px; font-weight: 700; line-height: 18px; text-align: center; }
  .teaser { display: flex; align-items: flex-start; gap: 12px; position: relative; z-index: 1; isolation: isolate; width: 300px; max-width: calc(100vw - 40px); padding: 14px 40px 14px 14px; border-radius: 16px;
    background: var(--ground); color: var(--text); box-shadow: 0 0 0 1px var(--ring), 0 2px 4px rgb(0 0 0 / .06), 0 12px 32px -6px rgb(0 0 0 / .26); pointer-events: auto; animation: rise .16s cubic-bezier(.2,0,0,1); }
  :host([dir=rtl]) .teaser { padding: 14px 14px 14px 40px; }
  .face { display: grid; place-items: center; flex: none; width: 36px; height: 36px; overflow: hidden; border-radius: 50%; background: var(--brand); color: var(--words); font-size: 13px; font-weight: 600; }
  .face > img { width: 100%; height: 100%; object-fit: cover; }
  .words { min-width: 0; }
  .words > * { display: block; }
  .words > b { font-weight: 600; }
  .words > span { display: -webkit-box; overflow: hidden; -webkit-box-orient: vertical; -webkit-line-clamp: 3; color: var(--muted); overflow-wrap: anywhere; }
  .words:focus-visible, .dismiss:focus-visible { outline: 2px solid var(--text); outline-offset: 2px; border-radius: 8px; }
  .dismiss { position: absolute; top: 8px; inset-inline-end: 8px; display: grid; place-items: center; width: 28px; height: 28px; border-radius: 8px; color: var(--muted); }
  .dismiss:hover { background: var(--ring); }
  .dismiss > svg { width: 16px; height: 16px; }
  .panel { overflow: hidden; width: 376px; max-width: calc(100vw - 40px); height: 640px; max-height: calc(100dvh - 112px); border-radius: 16px; background: light-dark(#fff, #17181b);
    box-shadow: 0 0 0 1px var(--ring), 0 4px 8px rgb(0 0 0 / .06), 0 24px 56px -8px rgb(0 0 0 / .3); pointer-events: auto; animation: rise .16s cubic-bezier(.2,0,0,1); }
  :host([data-flat]) .panel, :host([data-flat]) .launcher { border-radius: 0; }
  .panel[hidden] { display: block !important; visibility: hidden; position: absolute; pointer-events: none; }
  iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: inherit; }
  @keyframes rise { from { opacity: 0; translate: 0 6px; } }
  @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
  @media (max-width: 479px) {
    :host { bottom: 16px; }
    :host([data-side=right]) { right: 16px; }
    :host([data-side=left]) { left: 16px; }
    .panel { position: fixed; inset: 0; width: 100vw; max-width: none; height: 100dvh; max-height: none; border-radius: 0; box-shadow: none; animation: none; }
    :host([data-open]) .launcher { display: none; }
  }
  @media print { :host { display: none; } }
`

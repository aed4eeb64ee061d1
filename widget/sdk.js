/*
  Parley on a customer's page: the launcher, and the frame behind it.

    parley.run({ websiteToken: "…", baseUrl: "https://desk.example.com" })

  It does nothing until the page has loaded, and asks for one small answer (colour, side, words). The frame is made when the visitor
  turns to the launcher; only for those who have talked to us before it is made by itself, once the page is idle, because it holds
  the one live line on which an answer can arrive: no second socket, no polling, and nothing at all for passers-by.
  Styles live in a shadow root as adopted sheets, so that the page's own rules and its content policy leave them alone.
*/
(function () {
  "use strict";

  if (window.parley && window.parley.run) return;

  const own = document.currentScript;
  const NAMES = ["parley", "chatwoot"];
  const settings = () => window.parleySettings || window.chatwootSettings || {};
  const waiting = [];
  let config = { words: {}, position: "right", color: "#3651cf", words_color: "#ffffff", dir: "ltr", days: 180 };
  let base, token, ui, frame, isReady = false, scheme, locale, unread = 0, dismissed = "", focusBefore;

  const api = {
    hasLoaded: false,
    isOpen: false,
    websiteToken: "",
    baseUrl: "",
    run,
    open: () => toggle("open"),
    close: () => toggle("close"),
    toggle,
    toggleBubbleVisibility: visibility => { if (ui) ui.launcher.hidden = visibility === "hide"; },
    popoutChatWindow: popout,
    setUser,
    setCustomAttributes: attributes => isRecord(attributes, "setCustomAttributes") && say("attributes", { attributes }),
    deleteCustomAttribute: key => say("forget-attribute", { key: String(key) }),
    setConversationCustomAttributes: attributes => isRecord(attributes, "setConversationCustomAttributes") && say("conversation-attributes", { attributes }),
    deleteConversationCustomAttribute: key => say("forget-conversation-attribute", { key: String(key) }),
    setLocale: code => { locale = code; reload(); },
    setColorScheme: wanted => { scheme = wanted; paint(); say("scheme", { scheme: wanted }, false); },
    reset,
  };

  window.parley = window.$chatwoot = api;
  window.parleySDK = window.chatwootSDK = { run };

  /* beginning */

  function run(options) {
    if (api.websiteToken) return;
    const wanted = settings();
    token = api.websiteToken = String(options.websiteToken || "");
    base = api.baseUrl = new URL(options.baseUrl || (own && own.src) || location.href, location.href).origin;
    locale = wanted.locale || (wanted.useBrowserLanguage ? navigator.language : "");
    scheme = wanted.darkMode || "auto";
    addEventListener("message", hear);
    if (document.readyState === "complete") begin();
    else addEventListener("load", begin);
  }

  async function begin() {
    try {
      const answer = await fetch(base + "/widget/api/launcher?" + query(), { credentials: "omit" });
      if (!answer.ok) return fail((await answer.json()).error);
      config = await answer.json();
    } catch (unreached) {
      // A policy of this page may forbid to ask; the frame has the same facts.
    }
    draw();
    api.hasLoaded = true;
    emit("ready");
    if (remembered() || waiting.length) whenIdle(makeFrame);
  }

  function whenIdle(act) {
    (window.requestIdleCallback || setTimeout)(act, { timeout: 3000 });
  }

  function query() {
    const asked = new URLSearchParams({ website_token: token });
    if (locale) asked.set("locale", locale);
    return asked;
  }

  /* the launcher */

  const ICONS = {
    chat: "M7.9 20A9 9 0 1 0 4 16.1L2 22Z",
    down: "m6 9 6 6 6-6",
    close: "M18 6 6 18M6 6l12 12",
  };

  function draw() {
    const wanted = settings();
    const host = element("div", { id: "parley-widget", role: "region", "aria-label": text("chat", "Chat") });
    const root = host.attachShadow({ mode: "open" });
    style(root);
    const panel = element("div", { class: "panel", hidden: "" });
    const launcher = element("button", { class: "launcher", type: "button", "aria-expanded": "false" });
    launcher.append(icon("chat"));
    const title = wanted.type === "expanded_bubble" && (wanted.launcherTitle || text("chat", "Chat"));
    if (title) launcher.append(element("span", { class: "title" }, title));
    const badge = element("span", { class: "badge", hidden: "" });
    launcher.append(badge);
    const teaser = element("div", { class: "teaser", hidden: "" });
    root.append(panel, teaser, launcher);
    ui = { host, root, panel, launcher, badge, teaser };
    launcher.hidden = Boolean(wanted.hideMessageBubble);
    label();
    launcher.addEventListener("click", event => toggle(undefined, !event.detail));
    // Whoever points at it is about to press it.
    for (const sign of ["pointerenter", "focus"]) launcher.addEventListener(sign, makeFrame, { once: true });
    host.addEventListener("keydown", event => event.key === "Escape" && toggle("close"));
    paint();
    attach();
    // Beside the body, not in it: Turbo and its like change the body for another. A page that clears all gets it back.
    new MutationObserver(attach).observe(document.documentElement, { childList: true });
    for (const name of ["turbo:load", "astro:page-load", "popstate"]) addEventListener(name, tellPage);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  }

  function attach() {
    if (!ui.host.isConnected) document.documentElement.append(ui.host);
  }

  function paint() {
    if (!ui) return;
    const wanted = settings();
    const isDark = scheme === "dark" || (scheme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    const host = ui.host;
    host.style.setProperty("--brand", config.color);
    host.style.setProperty("--words", config.words_color);
    host.style.colorScheme = isDark ? "dark" : "light";
    host.dir = config.dir || "ltr";
    ui.panel.parentNode.host.dataset.side = (wanted.position || config.position) === "left" ? "left" : "right";
    if (wanted.widgetStyle === "flat") host.dataset.flat = "";
  }

  function label() {
    const open = api.isOpen ? text("close", "Close") : text("open", "Open the chat");
    ui.launcher.setAttribute("aria-label", unread && !api.isOpen ? open + ", " + unreadWords() : open);
    ui.launcher.setAttribute("aria-expanded", String(api.isOpen));
  }

  function unreadWords() {
    return text(unread === 1 ? "unread_one" : "unread_many", "{count}").replace("{count}", unread);
  }

  /* the frame */

  function makeFrame() {
    if (frame || !ui) return;
    frame = element("iframe", { title: text("chat", "Chat"), allow: "autoplay; clipboard-write" });
    frame.src = address();
    ui.panel.append(frame);
  }

  function address() {
    const asked = query();
    if (scheme !== "auto") asked.set("theme", scheme);
    return base + "/widget?" + asked;
  }

  function reload() {
    isReady = false;
    if (frame) frame.src = address();
  }

  let byKeyboard = false;
  function toggle(wanted, isByKeyboard) {
    if (!ui) return;
    const isOpen = wanted ? wanted === "open" : !api.isOpen;
    if (isOpen === api.isOpen) return;
    makeFrame();
    api.isOpen = isOpen;
    byKeyboard = Boolean(isByKeyboard);
    if (isOpen) focusBefore = document.activeElement;
    ui.panel.hidden = !isOpen;
    ui.host.toggleAttribute("data-open", isOpen);
    ui.launcher.replaceChild(icon(isOpen ? "down" : "chat"), ui.launcher.firstChild);
    lockPage(isOpen);
    showUnread(unread);
    say(isOpen ? "opened" : "closed", { byKeyboard, token: recall() }, false);
    if (isOpen) frame.focus();
    else if (!ui.launcher.hidden) ui.launcher.focus();
    else if (focusBefore && focusBefore.focus) focusBefore.focus();
    emit(isOpen ? "opened" : "closed");
  }

  // On a phone the chat is the page; the one behind it stands still.
  let overflow;
  function lockPage(isOpen) {
    const page = document.documentElement.style;
    if (isOpen && matchMedia("(max-width: 479px)").matches) {
      overflow = page.overflow;
      page.overflow = "hidden";
    } else if (!isOpen && overflow !== undefined) {
      page.overflow = overflow;
      overflow = undefined;
    }
  }

  function popout() {
    const opened = open(address() + "&popout=1", "parley", "width=400,height=640");
    if (!opened) return;
    popped = opened;
    toggle("close");
  }
  let popped;

  /* speaking with the frame: only with the very window we made, and only with Parley's origin */

  function say(name, data, makes = true) {
    if (isReady) return post(frame.contentWindow, name, data);
    if (!makes) return;
    waiting.push([name, data]);
    if (ui) whenIdle(makeFrame);
  }

  function post(target, name, data) {
    target.postMessage(Object.assign({}, data, { parley: name }), base);
  }

  function hear(event) {
    const isOurs = frame && event.source === frame.contentWindow;
    if (event.origin !== base || !(isOurs || (popped && event.source === popped)) || !event.data) return;
    const act = HEARD[event.data.parley];
    if (act) act(event.data, event.source);
  }

  const HEARD = {
    loaded(_, source) {
      post(source, "start", { token: recall(), isOpen: api.isOpen, byKeyboard, page: page() });
    },
    ready(_, source) {
      if (source === popped) return;
      isReady = true;
      if (api.isOpen) post(source, "opened", { byKeyboard, token: recall() });
      for (const [name, data] of waiting.splice(0)) post(source, name, data);
    },
    token: ({ token: given }) => remember(given),
    forget: () => remember(null),
    close: () => toggle("close"),
    popout,
    unread({ count, preview }, source) {
      if (source === popped) return;
      showUnread(count);
      tease(preview);
    },
    message: ({ message }) => emit("on-message", message),
    started: () => emit("on-start-conversation"),
    identified: ({ mark }) => keep(userPlace(), mark),
    error: ({ words, status }) => emit("error", { message: words, status }),
  };

  function page() {
    return { url: location.href.slice(0, 2048), title: document.title.slice(0, 500) };
  }

  function tellPage() {
    say("page", { page: page() }, false);
  }

  /* what waits for the visitor */

  function showUnread(count) {
    unread = count;
    ui.badge.hidden = api.isOpen || !count;
    ui.badge.textContent = count > 99 ? "99+" : count;
    if (api.isOpen || !count) ui.teaser.hidden = true;
    label();
  }

  function tease(preview) {
    const isWanted = settings().showUnreadMessagesDialog !== false && !ui.launcher.hidden;
    if (!preview || api.isOpen || !isWanted || dismissed === preview.id) return;
    const face = element("span", { class: "face", "aria-hidden": "true" }, preview.picture ? "" : preview.initials || preview.name.charAt(0));
    if (preview.picture) face.append(element("img", { src: preview.picture, alt: "" }));
    const words = element("button", { class: "words", type: "button" }, element("b", {}, preview.name), element("span", {}, preview.text));
    const close = element("button", { class: "dismiss", type: "button", "aria-label": text("dismiss", "Dismiss") });
    close.append(icon("close"));
    words.onclick = () => toggle("open");
    close.onclick = () => { dismissed = preview.id; ui.teaser.hidden = true; };
    ui.teaser.replaceChildren(face, words, close);
    ui.teaser.hidden = false;
  }

  /* who the visitor is */

  function setUser(identifier, user) {
    const isNamed = typeof identifier === "string" ? identifier : typeof identifier === "number";
    if (!isNamed) return fail("setUser needs an identifier: a text or a number.");
    if (!user || !(user.name || user.email || user.avatar_url)) return fail("setUser needs one of name, email and avatar_url.");
    const mark = hash(JSON.stringify([identifier, user]));
    // Said before, by this very session: there is nothing new to tell.
    if (remembered() && kept(userPlace()) === mark) return;
    say("user", { identifier, user, mark });
  }

  function reset() {
    toggle("close");
    const ended = recall();
    if (isReady || ended) say("reset", { token: ended });
    remember(null);
    showUnread(0);
  }

  /* the visitor's token: a cookie of this site, or its storage where cookies are refused */

  const place = () => "parley_" + token.slice(0, 24);
  const userPlace = () => "parley_user_" + token.slice(0, 24);
  const remembered = () => Boolean(recall());

  function recall() {
    return kept(place());
  }

  function remember(given) {
    keep(place(), given);
    if (!given) keep(userPlace(), null);
  }

  function kept(name) {
    const found = document.cookie.split("; ").find(each => each.startsWith(name + "="));
    if (found) return decodeURIComponent(found.slice(name.length + 1)) || null;
    try { return localStorage.getItem(name); } catch (refused) { return null; }
  }

  function keep(name, value) {
    const domain = settings().baseDomain ? "; Domain=" + settings().baseDomain : "";
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = name + "=" + encodeURIComponent(value || "") + "; Path=/; SameSite=Lax; Max-Age=" + (value ? config.days * 86400 : 0) + domain + secure;
    try {
      if (value && !document.cookie.includes(name + "=")) localStorage.setItem(name, value);
      else localStorage.removeItem(name);
    } catch (refused) { /* this visit is then forgotten with the page */ }
  }

  /* small things */

  function emit(name, detail) {
    for (const each of NAMES) dispatchEvent(new CustomEvent(each + ":" + name, { detail }));
  }

  function fail(words) {
    console.error("Parley: " + words);
    emit("error", { message: words });
    return false;
  }

  function isRecord(value, name) {
    return (value && typeof value === "object" && !Array.isArray(value)) || fail(name + " needs an object.");
  }

  function text(key, otherwise) {
    return config.words[key] || otherwise;
  }

  // cyrb53: short, and enough to see that something changed.
  function hash(said) {
    let one = 0xdeadbeef, two = 0x41c6ce57;
    for (const sign of said) {
      one = Math.imul(one ^ sign.codePointAt(0), 2654435761);
      two = Math.imul(two ^ sign.codePointAt(0), 1597334677);
    }
    return (one >>> 0).toString(36) + (two >>> 0).toString(36);
  }

  function element(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    node.append(...children);
    return node;
  }

  function icon(name) {
    const at = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(at, "svg");
    for (const [key, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
    const path = document.createElementNS(at, "path");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  function style(root) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS_TEXT);
    root.adoptedStyleSheets = [sheet];
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
    .launcher:has(.title) > svg { margin-inline-start: 16px; }
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
  `;
})();

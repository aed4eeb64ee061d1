// What the launcher's parts share: the page's own settings, what Parley told of the inbox, and how far things are.

const NAMES = ["parley", "chatwoot"]

export const state = {
  config: { words: {}, position: "right", color: "#3651cf", words_color: "#ffffff", dir: "ltr", days: 180 },
  base: "",
  token: "",
  locale: "",
  scheme: "auto",
  ui: null,
  frame: null,
  isLoaded: false,
  isReady: false,
  isHidden: false,
  byKeyboard: false,
}

// What a page sees as window.parley and window.$chatwoot.
export const api = { hasLoaded: false, isOpen: false, websiteToken: "", baseUrl: "" }

export function settings() {
  return window.parleySettings || window.chatwootSettings || {}
}

export function text(key, otherwise) {
  return state.config.words[key] || otherwise
}

export function emit(name, detail) {
  for (const each of NAMES) dispatchEvent(new CustomEvent(each + ":" + name, { detail }))
}

// For a call that cannot be followed: told to whoever wrote it, and nothing else happens.
export function fail(words, status) {
  console.error("Parley: " + words)
  emit("error", { message: words, status })
  return false
}

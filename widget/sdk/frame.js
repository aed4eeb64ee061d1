// The frame, and what is said to it. It is made when the visitor turns to the launcher; for those who have talked to us before it is
// made once the page is idle, because it holds the one live line on which an answer can arrive.

import { element, whenIdle } from "./dom.js"
import { state, text } from "./state.js"

export const waiting = []

export function makeFrame() {
  if (state.frame || !state.ui) return
  state.frame = element("iframe", { title: text("chat", "Chat"), allow: "autoplay; clipboard-write" })
  state.frame.src = address()
  state.ui.panel.append(state.frame)
}

// Never before its page is there: a frame that is focused while it changes its process leaves the keys to the page around it.
export function focusFrame() {
  if (state.isLoaded) state.frame.focus()
}

export function address() {
  const asked = query()
  if (state.scheme !== "auto") asked.set("theme", state.scheme)
  return state.base + "/widget?" + asked
}

export function query() {
  const asked = new URLSearchParams({ website_token: state.token })
  if (state.locale) asked.set("locale", state.locale)
  return asked
}

export function reload() {
  state.isReady = false
  if (!state.frame) return
  state.frame.title = text("chat", "Chat")
  state.frame.src = address()
}

// Said at once, or once the frame is ready; what does not ask for one (`makes` false) is only for a frame that is there.
export function say(name, data, makes = true) {
  if (state.isReady) return post(name, data)
  if (!makes) return
  waiting.push([name, data])
  if (state.ui) whenIdle(makeFrame)
}

export function post(name, data) {
  state.frame.contentWindow.postMessage(Object.assign({}, data, { parley: name }), state.base)
}

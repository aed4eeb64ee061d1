// Opens and closes the panel with the frame in it.

import { element, icon } from "./dom.js"
import { address, focusFrame, makeFrame, say } from "./frame.js"
import { recall } from "./kept.js"
import { label, paint, showUnread } from "./look.js"
import { style } from "./style.js"
import { api, emit, fail, settings, state } from "./state.js"

let focusBefore, overflow, isWanted

export function draw() {
  const host = element("div", { id: "parley-widget", role: "region" })
  const root = host.attachShadow({ mode: "open" })
  style(root)
  const [panel, teaser, badge] = ["panel", "teaser", "badge"].map(name => element(name === "badge" ? "span" : "div", { class: name, hidden: "" }))
  const title = element("span", { class: "title" })
  const launcher = element("button", { class: "launcher", type: "button" }, icon("chat"), title, badge)
  root.append(panel, teaser, launcher)
  state.ui = { host, panel, launcher, title, badge, teaser }
  launcher.hidden = state.isHidden || Boolean(settings().hideMessageBubble)
  label()
  launcher.addEventListener("click", event => toggle(undefined, !event.detail))
  // Whoever points at it is about to press it.
  for (const sign of ["pointerenter", "focus"]) launcher.addEventListener(sign, makeFrame, { once: true })
  host.addEventListener("keydown", event => event.key === "Escape" && toggle("close"))
  paint()
  attach()
  // Beside the body, not in it: Turbo and its like change the body for another. A page that clears all gets it back.
  new MutationObserver(attach).observe(document.documentElement, { childList: true })
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint)
  if (isWanted) toggle("open")
}

function attach() {
  const { host } = state.ui
  if (!host.isConnected) document.documentElement.append(host)
}

export function toggle(wanted, byKeyboard) {
  if (wanted !== undefined && wanted !== "open" && wanted !== "close") return fail('toggle takes "open", "close" or nothing.')
  const { ui } = state
  // Before there is anything to open, the wish is kept.
  if (!ui) return (isWanted = wanted ? wanted === "open" : !isWanted)
  const isOpen = wanted ? wanted === "open" : !api.isOpen
  if (isOpen === api.isOpen) return
  makeFrame()
  api.isOpen = isOpen
  state.byKeyboard = Boolean(byKeyboard)
  if (isOpen) focusBefore = document.activeElement
  ui.panel.hidden = !isOpen
  ui.host.toggleAttribute("data-open", isOpen)
  ui.launcher.replaceChild(icon(isOpen ? "down" : "chat"), ui.launcher.firstChild)
  lockPage(isOpen)
  showUnread()
  say(isOpen ? "opened" : "closed", { byKeyboard: state.byKeyboard, token: recall() }, false)
  if (isOpen) focusFrame()
  else if (!ui.launcher.hidden) ui.launcher.focus()
  else if (focusBefore && focusBefore.focus) focusBefore.focus()
  emit(isOpen ? "opened" : "closed")
}

export function toggleBubbleVisibility(visibility) {
  if (visibility !== "hide" && visibility !== "show") return fail('toggleBubbleVisibility takes "show" or "hide".')
  state.isHidden = visibility === "hide"
  if (state.ui) state.ui.launcher.hidden = state.isHidden
}

// On a phone the chat is the page; the one behind it stands still.
function lockPage(isOpen) {
  const page = document.documentElement.style
  if (isOpen && matchMedia("(max-width: 479px)").matches) {
    overflow = page.overflow
    page.overflow = "hidden"
  } else if (!isOpen && overflow !== undefined) {
    page.overflow = overflow
    overflow = undefined
  }
}

// The same conversation in a window of its own. The window has to open at once, while the visitor's press still counts, so it is
// given a secret made here; the frame tells the server which session that secret stands for, and the window asks for it, once, within a
// minute. The secret is behind the #, which no server hears, and the window takes it out of its address as it begins.
export function popout() {
  if (!state.token) return fail("popoutChatWindow: there is no chat on this page yet.")
  const code = [...crypto.getRandomValues(new Uint8Array(32))].map(each => each.toString(16).padStart(2, "0")).join("")
  if (!open(address() + "&popout=1#" + code, "parley", "popup,width=400,height=600")) return
  say("hand-over", { code })
  toggle("close")
}

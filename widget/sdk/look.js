// How the launcher looks, and what it says of messages that wait.

import { element, icon } from "./dom.js"
import { api, settings, state, text } from "./state.js"

let unread = 0, dismissed = ""

export function paint() {
  if (!state.ui) return
  const wanted = settings(), { config, ui: { host } } = state
  const isDark = state.scheme === "dark" || (state.scheme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches)
  host.style.setProperty("--brand", config.color)
  host.style.setProperty("--words", config.words_color)
  host.style.colorScheme = isDark ? "dark" : "light"
  host.dir = config.dir
  host.dataset.side = (wanted.position || config.position) === "left" ? "left" : "right"
  host.toggleAttribute("data-flat", wanted.widgetStyle === "flat")
}

export function label() {
  const { host, launcher, title } = state.ui
  const open = api.isOpen ? text("close", "Close") : text("open", "Open the chat")
  launcher.setAttribute("aria-label", unread && !api.isOpen ? open + ", " + unreadWords() : open)
  launcher.setAttribute("aria-expanded", String(api.isOpen))
  host.setAttribute("aria-label", text("chat", "Chat"))
  const wanted = settings()
  title.textContent = wanted.type === "expanded_bubble" ? wanted.launcherTitle || text("chat", "Chat") : ""
}

function unreadWords() {
  return text(unread === 1 ? "unread_one" : "unread_many", "{count}").replace("{count}", unread)
}

export function showUnread(count = unread) {
  const { badge, teaser } = state.ui
  unread = count
  badge.hidden = api.isOpen || !count
  badge.textContent = count > 99 ? "99+" : count
  if (api.isOpen || !count) teaser.hidden = true
  label()
}

export function tease(preview) {
  const { launcher, teaser } = state.ui
  const isWanted = settings().showUnreadMessagesDialog !== false && !launcher.hidden
  if (!preview || api.isOpen || !isWanted || dismissed === preview.id) return
  const face = element("span", { class: "face", "aria-hidden": "true" }, preview.picture ? "" : preview.initials || preview.name.charAt(0))
  if (preview.picture) face.append(element("img", { src: preview.picture, alt: "" }))
  const words = element("button", { class: "words", type: "button" }, element("b", {}, preview.name), element("span", {}, preview.text))
  const close = element("button", { class: "dismiss", type: "button", "aria-label": text("dismiss", "Dismiss") }, icon("close"))
  words.onclick = () => launcher.click()
  close.onclick = () => {
    dismissed = preview.id
    teaser.hidden = true
  }
  teaser.replaceChildren(face, words, close)
  teaser.hidden = false
}

// Which view is shown, and what its buttons do.

import { focusFoot } from "./foot.js"
import { facts, find } from "./facts.js"
import { isFramed, tell } from "./host.js"
import { line } from "./live.js"
import { askForAddress, askToEnd, drawMenu } from "./menu.js"
import { popOut } from "./popout.js"
import { toggleSound } from "./sound.js"
import { isOver, state } from "./state.js"
import { newTalk, openTalk } from "./talk.js"
import { isOld, refreshTalks } from "./talks.js"
import { toEnd } from "./thread.js"
import { hasUnread, tellUnread, unreadTalk } from "./unread.js"
import { adopt } from "./visit.js"

export function show(view) {
  for (const each of ["home", "chat"]) find(each).hidden = each !== view
  if (view === "chat") {
    if (state.isOpen) line()
    toEnd()
  }
  tellUnread()
}

export async function opened({ byKeyboard, view, token } = {}) {
  adopt(token)
  if (state.isOpen) return
  const isChat = view === "chat" || hasUnread() || !find("chat").hidden
  if (hasUnread()) openTalk(unreadTalk())
  state.isOpen = true
  show(isChat ? "chat" : "home")
  if (isOld()) refreshTalks(tellUnread)
  // On a phone the keyboard comes when the visitor wants it.
  if (isChat && !matchMedia("(pointer: coarse)").matches) focusFoot()
  else if (!isChat) document.querySelector(byKeyboard ? "[data-does=write]" : "main").focus({ preventScroll: true })
}

export function closed() {
  state.isOpen = false
  tellUnread()
}

const DOES = {
  home: () => show("home"),
  chat: () => show("chat"),
  write: () => (isOver() ? beginAnother() : (show("chat"), focusFoot())),
  open: ({ conversation }) => (openTalk(conversation), show("chat"), focusFoot()),
  another: beginAnother,
  close: () => (isFramed ? tell("close") : window.close()),
  newest: () => toEnd(),
  popout: () => popOut() && tell("close"),
  end: askToEnd,
  transcript: askForAddress,
  sound: toggleSound,
}

function beginAnother() {
  newTalk()
  show("chat")
  focusFoot()
}

document.addEventListener("click", event => {
  const pressed = event.target.closest("[data-does]")
  if (!pressed || !DOES[pressed.dataset.does]) return
  if (pressed.dataset.does !== "sound") find("menu").hidePopover()
  DOES[pressed.dataset.does](pressed.dataset)
})
document.addEventListener("keydown", event => {
  if (event.key === "Escape" && !document.querySelector(":popover-open, dialog[open]")) tell("close")
})
document.addEventListener("visibilitychange", tellUnread)
find("menu").addEventListener("beforetoggle", drawMenu)

for (const item of document.querySelectorAll("[data-does=popout]")) item.hidden = !isFramed
for (const item of document.querySelectorAll("[data-does=close]")) item.hidden = !isFramed && !window.opener
for (const item of document.querySelectorAll("#talks-part [data-does=another]")) item.hidden = facts.isOneTalk

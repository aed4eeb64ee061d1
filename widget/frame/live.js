// What comes over the live line: messages, how conversations stand, who is typing.

import { visitor } from "./api.js"
import { openLine } from "./line.js"
import { isReachable } from "./reach.js"
import { state } from "./state.js"
import { announce, came, catchUp, newest, stands } from "./talk.js"
import { isListed, otherTalks, refreshTalks } from "./talks.js"
import { hideTyping, messagesIn, put, showTyping } from "./thread.js"
import { tellUnread } from "./unread.js"

let listeners = { lost() {}, ended() {} }

// `lost()` is called when the token is refused, `ended()` when the visit was ended on another page.
export function whenLineEnds(given) {
  listeners = given
}

export function line() {
  if (visitor.token) openLine({ html: heardHtml, event: heardEvent, missed: catchUp, lost: () => listeners.lost() })
}

function heardHtml(html) {
  const frame = document.createElement("template")
  frame.innerHTML = html
  for (const part of frame.content.querySelectorAll("hx-partial")) {
    const target = part.getAttribute("hx-target")
    if (target === "#messages") heardMessages(part.innerHTML)
    if (target === "#seen") heardStanding(part.innerHTML)
  }
}

function heardMessages(html) {
  came(put(html))
  const elsewhere = messagesIn(html).filter(item => item.dataset.conversation !== state.conversation)
  if (!elsewhere.length) return
  announce(elsewhere)
  refreshTalks(tellUnread)
  // Begun on another page, where none is shown here yet.
  if (!state.conversation && !state.anew) catchUp()
}

function heardStanding(html) {
  stands(html)
  if (!html.includes(state.conversation || "none")) refreshTalks(tellUnread)
}

function heardEvent(told) {
  if (told.event === "typing" && (!told.conversation || told.conversation === state.conversation)) told.on ? showTyping(told.who) : hideTyping()
  if (told.event === "heartbeat") beat(told.heads)
  if (told.event === "ended") listeners.ended()
  // A line that was cut may not know it yet: what it still brings came before.
  if (navigator.onLine) isReachable(true)
}

function beat(heads) {
  if (heads[state.conversation] > newest()) catchUp()
  const versions = new Map(otherTalks().map(talk => [talk.id.replace("talk-", ""), Number(talk.dataset.version)]))
  const isBehind = ([uuid, version]) => uuid !== state.conversation && !(isListed(uuid) && versions.get(uuid) >= version)
  if (Object.entries(heads).some(isBehind)) refreshTalks(tellUnread)
}

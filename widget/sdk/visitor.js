// What the page says of its visitor and of what they talk about. A call that makes no sense is told to whoever wrote it.

import { say } from "./frame.js"
import { hash, recall, recallUser, remember } from "./kept.js"
import { showUnread } from "./look.js"
import { toggle } from "./panel.js"
import { fail, state } from "./state.js"

export function setUser(identifier, user) {
  const isNamed = typeof identifier === "string" ? identifier.trim() : Number.isFinite(identifier)
  if (!isNamed) return fail("setUser needs an identifier: a text or a number.")
  if (!isRecord(user, "setUser")) return
  if (!(user.name || user.email || user.avatar_url)) return fail("setUser needs one of name, email and avatar_url.")
  const said = plain(user, "setUser")
  if (!said) return
  const mark = hash(JSON.stringify([identifier, said]))
  // Said before, by this very session: there is nothing new to tell.
  if (recallUser() === mark) return
  say("user", { identifier, user: said, mark })
}

export function setCustomAttributes(attributes) {
  tell("attributes", "setCustomAttributes", attributes)
}

export function setConversationCustomAttributes(attributes) {
  tell("conversation-attributes", "setConversationCustomAttributes", attributes)
}

export function deleteCustomAttribute(key) {
  if (isName(key, "deleteCustomAttribute")) say("forget-attribute", { key })
}

export function deleteConversationCustomAttribute(key) {
  if (isName(key, "deleteConversationCustomAttribute")) say("forget-conversation-attribute", { key })
}

export function setLabel(title) {
  if (isName(title, "setLabel")) say("label", { title })
}

export function removeLabel(title) {
  if (isName(title, "removeLabel")) say("forget-label", { title })
}

export function reset() {
  toggle("close")
  const ended = recall()
  if (state.isReady || ended) say("reset", { token: ended })
  remember(null)
  if (state.ui) showUnread(0)
}

function tell(name, method, attributes) {
  const said = isRecord(attributes, method) && plain(attributes, method)
  if (said) say(name, { attributes: said })
}

function isRecord(value, method) {
  return (value && typeof value === "object" && !Array.isArray(value)) || fail(method + " needs an object.")
}

function isName(value, method) {
  return (typeof value === "string" && value.trim() !== "") || fail(method + " needs a name.")
}

// What JSON can say of it; functions and circles cannot travel.
function plain(value, method) {
  try {
    return JSON.parse(JSON.stringify(value))
  } catch (odd) {
    return fail(method + ": " + odd.message)
  }
}

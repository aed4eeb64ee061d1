// Who is visiting: how a visit begins, goes on in another tab, changes hands, and ends.

import { Refused, Unreachable, call, visitor } from "./api.js"
import { tell } from "./host.js"
import { closeLine } from "./line.js"
import { line, whenLineEnds } from "./live.js"
import { empty, forgetFailed, inOrder, redraw } from "./outbox.js"
import { keepOwn } from "./popout.js"
import { state } from "./state.js"
import { joined, leaveTalk, take, whenLost } from "./talk.js"
import { drawTalks, refreshTalks } from "./talks.js"
import { toEnd } from "./thread.js"
import { tellUnread } from "./unread.js"

// Attributes said before there is anyone to describe: they go with the first message.
export const pending = { contact: {}, conversation: {} }
let ended = () => {}

// `act()` is called when a visit is over and another has begun.
export function whenEnded(act) {
  ended = act
}

// Who is visiting, and what was said; a token that is no longer good makes a new visitor.
export async function begin() {
  try {
    const told = await call("GET", "config")
    if (told.token) visitor.token = told.token
    Object.assign(state, { isKnown: told.is_known, contact: told.contact })
    drawTalks(told)
    take(told.thread)
  } catch (error) {
    if (error instanceof Refused && error.status === 401 && visitor.token) return forget(), begin()
    // Not reached, or closed: there is nothing to show yet, and what is written waits.
    setTimeout(() => visitor.token || begin(), 10_000)
  }
}

let losing = null

// True when there is a new token to go on with.
export function lost() {
  losing ??= startOver().finally(() => (losing = null))
  return losing
}

async function startOver() {
  closeLine()
  forget()
  await begin()
  return Boolean(visitor.token)
}

whenLost(lost)
whenLineEnds({ lost: () => lost().then(line), ended: () => reset() })

function forget() {
  visitor.token = null
  state.isKnown = false
  state.conversation = ""
  tell("forget")
  keepOwn(null)
}

export function keepToken() {
  tell("token", { token: visitor.token })
  if (state.isAlone) keepOwn(visitor.token)
}

// The server has what was written.
export function sent(told, isHere) {
  joined(told, isHere)
  state.isKnown = true
  line()
  describe()
  if (isHere) toEnd()
}

// The visitor has begun to write in another tab meanwhile: this one goes on there.
export function adopt(token) {
  if (state.isKnown || !token || token === visitor.token) return
  inOrder(async () => {
    if (state.isKnown) return
    closeLine()
    visitor.token = token
    await begin()
    line()
  })
}

export async function setUser(identifier, user, mark) {
  if (!visitor.token) await begin()
  if (!visitor.token) throw new Unreachable()
  const told = await call("PATCH", "contact/set_user", { ...user, identifier: String(identifier) })
  state.contact = told.contact
  if (told.token) {
    // Somebody else: what was said before is not theirs.
    visitor.token = told.token
    leave()
    forgetFailed()
    redraw()
    await begin()
    if (state.conversation || state.isOpen) line()
  } else refreshTalks(tellUnread)
  state.isKnown = true
  keepToken()
  tell("identified", { mark })
  await describe()
}

export async function describe() {
  if (state.isKnown && Object.keys(pending.contact).length) {
    await call("PATCH", "contact", { custom_attributes: pending.contact })
    pending.contact = {}
  }
  if (state.conversation && Object.keys(pending.conversation).length) {
    await call("POST", "conversations/set_custom_attributes", { custom_attributes: pending.conversation })
    pending.conversation = {}
  }
}

// The end of this visit on this browser, on every page it is open on.
export async function end(token) {
  closeLine()
  if (token) visitor.token = token
  if (state.isKnown || token) await call("DELETE", "session").catch(() => {})
  await reset()
}

async function reset() {
  forget()
  empty()
  leave()
  await begin()
  ended()
}

function leave() {
  closeLine()
  leaveTalk()
}

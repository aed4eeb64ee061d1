// The conversation that is shown: taken whole, kept up to date, and changed for another.

import { Refused, call, visitor } from "./api.js"
import { drawFoot } from "./foot.js"
import { tell } from "./host.js"
import { flush, redraw } from "./outbox.js"
import { isReachable } from "./reach.js"
import { ring } from "./sound.js"
import { state } from "./state.js"
import { isListed, refreshTalks } from "./talks.js"
import { answers, clear, oldestSequence, onOldest, put, setSeen, showTalk, textOf } from "./thread.js"
import { forgetReported, isLooking, tellUnread } from "./unread.js"

let lost = async () => false

// `act()` is called when the token is refused.
export function whenLost(act) {
  lost = act
}

// A thread as the server tells it, whole.
export function take(told) {
  if (told.conversation !== state.conversation) state.version = 0
  shows(told.conversation ?? "")
  Object.assign(state, { status: told.status ?? "open", version: told.version, more: told.more })
  if (told.seen) setSeen(told.seen)
  put(told.html)
  if (told.more) onOldest(older)
  drawFoot()
  tellUnread()
}

function shows(conversation) {
  state.conversation = conversation
  state.anew = null
  showTalk(conversation)
}

// Leaves what is shown; what waits to be sent goes with its own conversation.
export function leaveTalk() {
  clear()
  forgetReported()
  shows("")
  Object.assign(state, { status: "open", version: 0, more: false })
}

export async function openTalk(uuid) {
  if (uuid === state.conversation) return
  leaveTalk()
  shows(uuid)
  redraw()
  drawFoot()
  await catchUp()
}

export function newTalk() {
  leaveTalk()
  state.anew = `${Date.now()}${Math.random()}`
  redraw()
  drawFoot()
  tellUnread()
}

// The server has a message: the conversation it began is shown, if it was written here.
export function joined(told, isHere) {
  if (!isHere) return refreshTalks(tellUnread)
  const isNew = state.conversation !== told.conversation
  if (isNew) {
    shows(told.conversation)
    state.version = told.version
    tell("started")
  }
  state.status = told.status
  drawFoot()
  if (!isListed(told.conversation)) refreshTalks(tellUnread)
  came(put(told.html))
}

// How the shown conversation stands, as the line tells it.
export function stands(html) {
  const seen = setSeen(html)
  if (!seen || seen.dataset.status === state.status) return
  state.status = seen.dataset.status
  drawFoot()
  tellUnread()
}

export function newest() {
  return Math.max(state.version, ...answers().map(item => Number(item.dataset.version)))
}

let catching = null

// Everything after the version that was last known whole; once more when it was asked for meanwhile.
export async function catchUp() {
  if (state.anew) return flush()
  if (catching) return (catching.again = true)
  catching = { again: false }
  const asked = visitor.token
  try {
    let told
    do {
      const of = state.conversation
      const isWhole = of && state.version
      told = await call("GET", `messages?${of ? `conversation=${of}` : ""}${isWhole ? `&after_version=${state.version}` : ""}`)
      // Somebody else, or another conversation, is here meanwhile: this is not theirs.
      if (asked !== visitor.token || of !== state.conversation || state.anew) break
      if (!isWhole || told.conversation !== of) {
        take(told)
        break
      }
      Object.assign(state, { version: told.version, status: told.status })
      setSeen(told.seen)
      drawFoot()
      came(put(told.html))
    } while (told.more)
    isReachable(true)
    flush()
  } catch (error) {
    if (!(error instanceof Refused && error.status === 401)) isReachable(false)
    else if (asked === visitor.token) await lost()
  }
  const { again } = catching
  catching = null
  if (again) catchUp()
}

export async function older() {
  if (!state.more) return
  state.more = false
  const asked = [visitor.token, state.conversation].join()
  try {
    const told = await call("GET", `messages?conversation=${state.conversation}&before=${oldestSequence()}`)
    if (asked !== [visitor.token, state.conversation].join()) return
    put(told.html)
    state.more = told.more
    if (state.more) onOldest(older)
  } catch {
    state.more = true
  }
}

// Messages that were not here before.
export function came(added) {
  announce(added)
  tellUnread()
}

const announced = new Set()

// The page around us hears of each once, the visitor where they are not looking.
export function announce(items) {
  const theirs = items.filter(each => each.dataset.sender !== "me" && !announced.has(each.id))
  for (const item of theirs) {
    announced.add(item.id)
    tell("message", { message: { id: item.id.replace("message-", ""), content: textOf(item), sender: item.dataset.name, created_at: item.dataset.at } })
  }
  if (theirs.some(item => item.dataset.status !== "read") && !isLooking()) ring()
}

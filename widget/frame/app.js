// The widget's frame: who is visiting, which view is shown, and what is told to whom.

import { Refused, Unreachable, call, visitor } from "./api.js"
import { focusComposer, openComposer } from "./composer.js"
import { facts, find, make, t } from "./facts.js"
import { hear, isFramed, meetHost, tell } from "./host.js"
import { closeLine, openLine } from "./line.js"
import { empty, flush, forgetFailed, inOrder, openOutbox, redraw, write } from "./outbox.js"
import { handOver, isPopout, keepOwn, ownToken, popOut } from "./popout.js"
import { answers, clear, lastMessage, note, oldestSequence, onOldest, put, setSeen, showTyping, hideTyping, textOf, toEnd } from "./thread.js"
import { heed } from "./wishes.js"

const state = { isOpen: false, isKnown: false, conversation: "", version: 0, more: false, unread: 0, page: {} }
// Attributes said before there is anyone to describe: they go with the first message.
const pending = { contact: {}, conversation: {} }

async function start() {
  openComposer(write)
  const greeting = await meetHost()
  if (isFramed && !greeting) return
  state.page = greeting?.page ?? {}
  state.isAlone = !greeting
  heed(greeting?.wishes)
  visitor.token = greeting ? greeting.token : await ownToken()
  await begin()
  openOutbox({ before: () => keepToken(), page: () => ({ page_url: state.page.url, page_title: state.page.title }), sent, lost })
  onOldest(older)
  listenToHost()
  tell("ready", { conversation: Boolean(state.conversation) })
  if (!isFramed || greeting?.isOpen) opened(greeting ?? { view: isPopout ? "chat" : "" })
  else if (state.conversation) line()
}

// Who is visiting, and what was said; a token that is no longer good makes a new visitor.
async function begin() {
  try {
    const told = await call("GET", "config")
    if (told.token) visitor.token = told.token
    state.isKnown = told.is_known
    take(told.thread)
  } catch (error) {
    if (error instanceof Refused && error.status === 401 && visitor.token) return forget(), begin()
    // Not reached, or closed: there is nothing to show yet, and what is written waits.
    setTimeout(() => visitor.token || begin(), 10_000)
  }
}

function take(told) {
  if (told.conversation !== state.conversation) state.version = 0
  Object.assign(state, { conversation: told.conversation ?? "", version: told.version, more: told.more })
  if (told.seen) setSeen(told.seen)
  put(told.html)
  tellUnread()
}

let losing = null

// True when there is a new token to go on with.
function lost() {
  losing ??= startOver().finally(() => (losing = null))
  return losing
}

async function startOver() {
  closeLine()
  forget()
  await begin()
  return Boolean(visitor.token)
}

function forget() {
  visitor.token = null
  state.isKnown = false
  state.conversation = ""
  tell("forget")
  keepOwn(null)
}

function keepToken() {
  tell("token", { token: visitor.token })
  if (state.isAlone) keepOwn(visitor.token)
}

function sent({ conversation, version }) {
  const isNew = state.conversation !== conversation
  state.conversation = conversation
  if (isNew) {
    state.version = version
    tell("started")
  }
  state.isKnown = true
  line()
  describe()
  toEnd()
}

/* live */

function line() {
  if (visitor.token) openLine({ html: heardHtml, event: heardEvent, missed: catchUp, lost: () => lost().then(line) })
}

function heardHtml(html) {
  const frame = document.createElement("template")
  frame.innerHTML = html
  for (const part of frame.content.querySelectorAll("hx-partial")) {
    const target = part.getAttribute("hx-target")
    if (target === "#messages") came(put(part.innerHTML))
    if (target === "#seen") setSeen(part.innerHTML)
  }
}

function heardEvent(told) {
  if (told.event === "typing") told.on ? showTyping(told.who) : hideTyping()
  if (told.event === "heartbeat" && told.heads[state.conversation] > newest()) catchUp()
  if (told.event === "ended") reset()
  isReachable(true)
}

function newest() {
  return Math.max(state.version, ...answers().map(item => Number(item.dataset.version)))
}

let catching = null

// Everything after the version that was last known whole; once more when it was asked for meanwhile.
async function catchUp() {
  if (catching) return (catching.again = true)
  catching = { again: false }
  const asked = visitor.token
  try {
    let told
    do {
      const after = state.conversation ? `conversation=${state.conversation}&after_version=${state.version}` : ""
      told = await call("GET", `messages?${after}`)
      // Somebody else is here meanwhile: this is not theirs.
      if (asked !== visitor.token) break
      const isSame = told.conversation === state.conversation
      const more = state.more
      Object.assign(state, { conversation: told.conversation ?? "", version: told.version })
      state.more = isSame ? more : told.more
      if (told.seen) setSeen(told.seen)
      came(put(told.html))
      if (!isSame) break
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

async function older() {
  if (!state.more) return
  state.more = false
  const asked = visitor.token
  try {
    const told = await call("GET", `messages?conversation=${state.conversation}&before=${oldestSequence()}`)
    if (asked !== visitor.token) return
    put(told.html)
    state.more = told.more
    if (state.more) onOldest(older)
  } catch {
    state.more = true
  }
}

function came(added) {
  for (const item of added.filter(each => each.dataset.sender !== "me")) {
    tell("message", { message: { id: item.id.replace("message-", ""), content: textOf(item), sender: item.dataset.name, created_at: item.dataset.at } })
  }
  tellUnread()
}

/* read and unread */

let reported = ""

function isLooking() {
  return state.isOpen && !find("chat").hidden && !document.hidden
}

// Tells the desk how far its messages have come: to this browser, or before the visitor's eyes.
function report() {
  const last = answers().at(-1)
  if (!last || last.dataset.status === "read") return
  const how = isLooking() ? "seen" : "delivered"
  const word = `${how} ${last.id}`
  if (reported === word || (how === "delivered" && (reported === `seen ${last.id}` || last.dataset.status === "delivered"))) return
  reported = word
  call("POST", how).catch(() => (reported = ""))
}

function tellUnread() {
  const waiting = isLooking() ? [] : answers().filter(item => item.dataset.status !== "read" && reported !== `seen ${item.id}`)
  state.unread = waiting.length
  const count = find("unread")
  count.hidden = !state.unread
  count.textContent = state.unread
  count.setAttribute("aria-label", t(state.unread === 1 ? "unread_one" : "unread_many", { count: state.unread }))
  drawRecent()
  drawHead()
  const last = waiting.at(-1)
  const face = last?.querySelector(".avatar")
  tell("unread", {
    count: state.unread,
    preview: last && { id: last.id, name: last.dataset.name || facts.name, text: textOf(last).slice(0, 160), initials: face?.textContent.trim(), picture: face?.querySelector("img")?.src },
  })
  report()
}

function drawRecent() {
  const card = find("recent")
  const last = lastMessage()
  card.hidden = !last
  if (!last) return
  const answer = answers().at(-1)
  const face = answer?.querySelector(".avatar")?.cloneNode(true) ?? make("span", { class: "avatar person-8", "aria-hidden": "true" }, facts.name.charAt(0))
  const isMine = last.dataset.sender === "me"
  const words = isMine ? `${t("you")}: ${textOf(last)}` : textOf(last)
  card.classList.toggle("is-unread", state.unread > 0)
  card.replaceChildren(face, make("b", {}, answer?.dataset.name || facts.name), make("time", { datetime: last.dataset.at }, ago(new Date(last.dataset.at))), make("span", {}, words))
}

function ago(moment) {
  const minutes = Math.round((Date.now() - moment) / 60_000)
  const [count, unit] = minutes < 1 ? [0, "second"] : minutes < 60 ? [minutes, "minute"] : minutes < 1440 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"]
  return new Intl.RelativeTimeFormat(facts.locale, { style: "narrow", numeric: "auto" }).format(-count, unit)
}

function drawHead() {
  const answer = answers().findLast(item => Number(item.dataset.sender))
  if (!answer) return
  const colleague = facts.team.find(each => each.id === Number(answer.dataset.sender))
  const face = answer.querySelector(".avatar").cloneNode(true)
  if (colleague?.online && !face.querySelector(".presence")) face.append(make("span", { class: "presence" }))
  find("chat-face").replaceChildren(face)
  find("chat-name").textContent = answer.dataset.name
  find("chat-state").textContent = colleague?.online ? t("here_now") : facts.replyTime
}

/* views */

function show(view) {
  for (const each of ["home", "chat"]) find(each).hidden = each !== view
  if (view === "chat") {
    if (state.isOpen) line()
    toEnd()
  }
  tellUnread()
}

function opened({ byKeyboard, view, token } = {}) {
  if (token && token !== visitor.token && !state.isKnown) inOrder(() => state.isKnown || adopt(token))
  if (state.isOpen) return
  const isChat = view === "chat" || state.unread > 0 || !find("chat").hidden
  state.isOpen = true
  show(isChat ? "chat" : "home")
  // On a phone the keyboard comes when the visitor wants it.
  if (isChat && !matchMedia("(pointer: coarse)").matches) focusComposer()
  else if (!isChat) document.querySelector(byKeyboard ? "[data-does=write]" : "main").focus({ preventScroll: true })
}

// The visitor has begun to write in another tab meanwhile: this one goes on there.
async function adopt(token) {
  closeLine()
  visitor.token = token
  await begin()
  line()
}

function closed() {
  state.isOpen = false
  tellUnread()
}

const DOES = {
  home: () => show("home"),
  chat: () => show("chat"),
  write: () => (show("chat"), focusComposer()),
  close: () => (isFramed ? tell("close") : window.close()),
  newest: () => toEnd(),
  popout: () => popOut() && tell("close"),
  end: () => call("POST", "resolution").then(() => note(t("ended")), () => note(t("no_answer"))),
}

document.addEventListener("click", event => {
  const pressed = event.target.closest("[data-does]")
  if (!pressed || !DOES[pressed.dataset.does]) return
  find("menu").hidePopover()
  DOES[pressed.dataset.does]()
})
document.addEventListener("keydown", event => {
  if (event.key === "Escape" && !document.querySelector(":popover-open")) tell("close")
})
document.addEventListener("visibilitychange", tellUnread)

let unreachable

function isReachable(yes) {
  clearTimeout(unreachable)
  const shown = find("offline")
  if (yes) shown.hidden = true
  else unreachable = setTimeout(() => (shown.hidden = false), navigator.onLine ? 3000 : 0)
}
addEventListener("offline", () => isReachable(false))

/* what the host page says */

let turn = Promise.resolve()

function inTurn(act) {
  turn = turn.then(act).catch(error => tell("error", { words: error.message || t("no_answer"), status: error.status }))
}

function listenToHost() {
  hear("opened", opened)
  hear("closed", closed)
  hear("page", ({ page }) => (state.page = page))
  hear("scheme", ({ scheme }) => {
    if (scheme === "auto") delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = scheme
  })
  hear("hand-over", ({ code }) => inTurn(() => handOver(code)))
  hear("label", ({ title }) => inTurn(() => call("POST", "labels", { label: title })))
  hear("forget-label", ({ title }) => inTurn(() => call("DELETE", `labels/${encodeURIComponent(title)}`)))
  hear("reset", ({ token }) => {
    // A change that still waits for a connection is not wanted any more.
    empty()
    inTurn(() => end(token))
  })
  hear("user", ({ identifier, user, mark }) => inTurn(() => inOrder(() => setUser(identifier, user, mark))))
  hear("attributes", ({ attributes }) => inTurn(() => (Object.assign(pending.contact, attributes), describe())))
  hear("forget-attribute", ({ key }) => inTurn(() => (delete pending.contact[key], state.isKnown && call("POST", "contact/destroy_custom_attributes", { custom_attributes: [key] }))))
  hear("conversation-attributes", ({ attributes }) => inTurn(() => (Object.assign(pending.conversation, attributes), describe())))
  hear("forget-conversation-attribute", ({ key }) => inTurn(() => (delete pending.conversation[key], state.conversation && call("POST", "conversations/destroy_custom_attributes", { custom_attributes: [key] }))))
}

async function setUser(identifier, user, mark) {
  if (!visitor.token) await begin()
  if (!visitor.token) throw new Unreachable()
  const told = await call("PATCH", "contact/set_user", { ...user, identifier: String(identifier) })
  if (told.token) {
    // Somebody else: what was said before is not theirs.
    visitor.token = told.token
    leave()
    forgetFailed()
    redraw()
    state.conversation = ""
    await begin()
    if (state.conversation || state.isOpen) line()
  }
  state.isKnown = true
  keepToken()
  tell("identified", { mark })
  await describe()
}

async function describe() {
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
async function end(token) {
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
  show("home")
}

function leave() {
  closeLine()
  clear()
  find("seen").dateTime = ""
  reported = ""
}

for (const item of document.querySelectorAll("[data-does=popout]")) item.hidden = !isFramed
for (const item of document.querySelectorAll("[data-does=close]")) item.hidden = !isFramed && !window.opener

if (facts.isPreview) document.body.inert = true
else start()

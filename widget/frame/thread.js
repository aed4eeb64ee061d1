// The thread: messages in their order, each once; days, groups and the words beneath them. The server's own markup comes from the
// page, an answer or the line alike, and what is there already is replaced where it stands.

import { clock, dayOf, find, make, t, translate } from "./facts.js"

const JOINED_WITHIN = 5 * 60_000
const list = find("messages")
const scroll = find("scroll")
const newer = document.querySelector("[data-does=newest]")

let shown = ""

// From now on the messages of this conversation are shown, and no others.
export function showTalk(conversation) {
  shown = conversation
}

// Takes markup of messages; returns those that were not here before.
export function put(html) {
  const came = messagesIn(html).filter(item => item.dataset.conversation === shown)
  const isAtEnd = atEnd()
  const added = came.filter(seat)
  if (added.some(item => item.dataset.sender !== "me")) hideTyping()
  arrange()
  if (added.length && !isAtEnd) newer.hidden = !added.some(item => item.dataset.sender !== "me")
  return added
}

// A message of ours before the server has it: the same id, so that it is replaced by what comes back.
export function putDraft({ id, content, files = [] }) {
  const body = make("div", { class: "message-body" })
  for (const file of files) body.append(preview(file))
  if (content) body.append(make("div", { class: "bubble", dir: "auto" }, content))
  const item = make("li", { class: "message message-out is-draft", id: `message-${id}`, "data-at": new Date().toISOString(), "data-sender": "me" }, body, make("p", { class: "message-meta" }))
  const before = find(item.id)
  if (before) before.replaceWith(item)
  else list.append(item)
  arrange()
  toEnd()
  return item
}

// How a draft fares: "sending", "waiting", or "failed" with nodes that say why and what to do.
export function tellDraft(id, state, ...words) {
  const item = find(`message-${id}`)
  if (!item?.classList.contains("is-draft")) return
  item.classList.toggle("is-waiting", state !== "failed")
  item.classList.toggle("is-failed", state === "failed")
  item.querySelector(".message-meta").replaceChildren(...(words.length ? words : [t(state)]))
}

export function removeDraft(id) {
  find(`message-${id}`)?.remove()
  arrange()
}

export function clear() {
  for (const item of list.querySelectorAll(".message, .day, .widget-note")) item.remove()
  find("seen").dateTime = ""
}

// A line in the middle that is nobody's message.
export function note(words) {
  list.append(make("li", { class: "widget-note" }, words))
  toEnd()
}

export function answers() {
  return [...list.querySelectorAll(".message-in:not(.is-typing)")]
}

export function lastMessage() {
  return [...list.querySelectorAll(".message:not(.is-typing)")].at(-1)
}

export function oldestSequence() {
  return Number(list.querySelector(".message[data-sequence]")?.dataset.sequence ?? 0)
}

export function textOf(item) {
  const words = (item.querySelector(".bubble") ?? item.querySelector(".product-title, .article b, .ask label"))?.textContent.trim()
  return words || (item.querySelector(".picture, .attachment, .sound, .film") ? t("attachment") : t("deleted"))
}

// The messages in markup, of whichever conversation.
export function messagesIn(html) {
  return [...parse(html).querySelectorAll("li.message")]
}

// Takes how a conversation stands; returns it if it is the one that is shown.
export function setSeen(html) {
  const seen = parse(html).querySelector("#seen")
  if (seen?.dataset.conversation !== shown) return null
  find("seen").replaceWith(seen)
  arrange()
  return seen
}

export function toEnd() {
  scroll.scrollTop = 0
  newer.hidden = true
}

let typingEnds

export function showTyping(who) {
  hideTyping()
  const face = [...document.querySelectorAll(`.message-in[data-sender="${Number(who.id)}"] > .avatar`)].at(-1)?.cloneNode(true) ?? make("span", { class: "avatar person-8", "aria-hidden": "true" }, who.name.charAt(0))
  const dots = make("span", { class: "typing-dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"))
  const bubble = make("div", { class: "bubble" }, make("span", { class: "hidden-visually" }, t("typing", { name: who.name })), dots)
  list.append(make("li", { class: "message message-in is-typing" }, face, make("div", { class: "message-body" }, bubble)))
  typingEnds = setTimeout(hideTyping, 8000)
}

export function hideTyping() {
  clearTimeout(typingEnds)
  list.querySelector(".is-typing")?.remove()
}

let beginning = null

// `more` is called when the oldest message comes into view.
export function onOldest(more) {
  beginning?.disconnect()
  beginning = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && more(), { root: scroll, rootMargin: "200px" })
  beginning.observe(find("greeting"))
}

scroll.addEventListener("scroll", () => {
  if (atEnd()) newer.hidden = true
}, { passive: true })

function parse(html) {
  const template = document.createElement("template")
  template.innerHTML = html
  return template.content
}

function atEnd() {
  // The column is reversed: its end is 0, and what lies above is negative.
  return Math.abs(scroll.scrollTop) < 60
}

// Each body as the server sent it: what is typed into its fields, or said beneath them, is not part of it.
const bodies = new WeakMap()

// Puts a message in its place; true when it was not here before.
function seat(item) {
  const body = item.querySelector(".message-body").innerHTML
  translate(item)
  const before = find(item.id)
  if (before && Number(before.dataset.version) > Number(item.dataset.version)) return false
  if (before && bodies.get(before) === body) {
    // Only its state changed: pictures stay loaded, and a selection stays selected.
    for (const { name, value } of item.attributes) if (name !== "class") before.setAttribute(name, value)
    return false
  }
  bodies.set(item, body)
  before?.remove()
  const next = [...list.querySelectorAll(".message")].find(other => isLater(other, item))
  if (next) next.before(item)
  else list.append(item)
  return !before
}

function isLater(other, item) {
  if (other.classList.contains("is-draft") || other.classList.contains("is-typing")) return true
  const apart = new Date(other.dataset.at) - new Date(item.dataset.at)
  return apart > 0 || (apart === 0 && Number(other.dataset.sequence) > Number(item.dataset.sequence))
}

function arrange() {
  const items = [...list.querySelectorAll(".message:not(.is-typing)")]
  const days = new Map([...list.querySelectorAll(".day")].map(day => [day.dataset.day, day]))
  const seenAt = Date.parse(find("seen").dateTime)
  const lastOwn = items.findLast(item => item.dataset.sender === "me" && !item.classList.contains("is-draft"))
  items.forEach((item, at) => {
    const before = items[at - 1]
    const moment = new Date(item.dataset.at)
    const key = moment.toDateString()
    const isNewDay = !before || new Date(before.dataset.at).toDateString() !== key
    if (isNewDay) {
      const line = days.get(key) ?? make("li", { class: "day", "data-day": key }, dayOf(moment))
      days.delete(key)
      if (item.previousElementSibling !== line) item.before(line)
    }
    const isJoined = !isNewDay && before.dataset.sender === item.dataset.sender && moment - new Date(before.dataset.at) < JOINED_WITHIN
    item.classList.toggle("is-joined", isJoined)
    before?.classList.toggle("is-followed", isJoined)
  })
  items.at(-1)?.classList.remove("is-followed")
  for (const day of days.values()) day.remove()
  for (const item of items) if (!item.classList.contains("is-draft")) tellMeta(item, item === lastOwn, seenAt)
}

function tellMeta(item, isLastOwn, seenAt) {
  const time = clock(new Date(item.dataset.at))
  const isSeen = Date.parse(item.dataset.at) <= seenAt
  let words = ""
  if (!item.classList.contains("is-followed")) words = item.dataset.sender === "me" ? time : [item.dataset.name, time].filter(Boolean).join(" · ")
  if (isLastOwn) words = `${time} · ${t(isSeen ? "seen" : "delivered")}`
  const meta = item.querySelector(".message-meta")
  if (meta.textContent !== words) meta.textContent = words
}

function preview(file) {
  const bar = make("progress", { class: "widget-progress", max: 1, value: 0, "aria-label": file.name })
  if (!file.type.startsWith("image/")) return make("div", { class: "attachment" }, make("span", { class: "attachment-text" }, make("span", { class: "attachment-name" }, file.name), bar))
  const picture = make("img", { alt: file.name })
  picture.src = URL.createObjectURL(file)
  picture.onload = () => URL.revokeObjectURL(picture.src)
  return make("div", {}, make("div", { class: "picture" }, picture), bar)
}

// The first page: what the visitor and the desk talk of, and when somebody is there.

import { call } from "./api.js"
import { clock, facts, find, make, t, translate, weekday } from "./facts.js"
import { drawFoot } from "./foot.js"
import { state } from "./state.js"
import { answers, lastMessage, textOf } from "./thread.js"

const list = find("talks")
const TOGETHER = 300
let asked = 0
let waits
let opens
let said = facts.replyTime

export function drawTalks(told) {
  asked = Date.now()
  Object.assign(state, { hours: told.hours, asked: told.pre_chat })
  list.innerHTML = told.conversations
  translate(list)
  for (const time of list.querySelectorAll("time")) time.textContent = ago(new Date(time.dateTime))
  find("talks-part").hidden = !list.childElementCount
  drawHours()
  drawFoot()
  drawTalk()
}

// Asks again, for several reasons at once only once. `heard()` is called with the new list in place.
export function refreshTalks(heard) {
  clearTimeout(waits)
  waits = setTimeout(async () => {
    const told = await call("GET", "conversations").catch(() => null)
    if (!told) return
    drawTalks(told)
    heard?.()
  }, TOGETHER)
}

// Hours and lists grow old while nobody looks.
export function isOld() {
  return Date.now() - asked > 60_000
}

export function otherTalks() {
  return [...list.children].filter(talk => talk.id !== `talk-${state.conversation}`)
}

// True when the list knows this conversation.
export function isListed(uuid) {
  return Boolean(find(`talk-${uuid}`))
}

// The conversation that is shown has moved on: its line says so at once.
export function drawTalk(unread = 0) {
  const talk = find(`talk-${state.conversation}`)
  const last = lastMessage()
  if (!talk || !last) return
  const said = talk.querySelector(".widget-said")
  said.replaceChildren(last.dataset.sender === "me" ? `${t("you")}: ${textOf(last)}` : textOf(last))
  const answer = answers().at(-1)
  const face = answer?.querySelector(".avatar")?.cloneNode(true)
  if (face) talk.querySelector(".avatar").replaceWith(face)
  if (answer?.dataset.name) talk.querySelector("b").textContent = answer.dataset.name
  const time = talk.querySelector("time")
  if (time) [time.dateTime, time.textContent] = [last.dataset.at, ago(new Date(last.dataset.at))]
  talk.dataset.unread = unread
  talk.classList.toggle("is-unread", unread > 0)
  const mark = talk.querySelector(".count, .widget-over")
  const now = unread ? make("span", { class: "count" }, String(unread)) : state.status === "resolved" ? make("small", { class: "widget-over" }, t("is_over")) : ""
  if (mark) mark.replaceWith(now)
  else said.after(now)
}

// When the desk is there again, in the visitor's own time; the reply time while it is.
export function availability() {
  if (!state.hours || state.hours.is_open) return facts.replyTime
  if (!state.hours.opens_at) return t("closed_now")
  const moment = new Date(state.hours.opens_at)
  const days = Math.round((new Date(moment).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86_400_000)
  if (days < 1) return t("back_at", { time: clock(moment) })
  return days < 2 ? t("back_tomorrow", { time: clock(moment) }) : t("back_on", { day: weekday(moment), time: clock(moment) })
}

function drawHours() {
  const words = availability()
  find("reply-time").textContent = words
  // The line above the messages says the same, where it has no words of its own.
  for (const line of document.querySelectorAll("#greeting > p, .widget-form-lead")) if (line.textContent === said) line.textContent = words
  said = words
  if (!answers().some(item => Number(item.dataset.sender))) find("chat-state").textContent = words
  clearTimeout(opens)
  const until = state.hours?.opens_at && new Date(state.hours.opens_at) - Date.now()
  if (until > 0 && until < 86_400_000) opens = setTimeout(refreshTalks, until + 1000)
}

function ago(moment) {
  const minutes = Math.round((Date.now() - moment) / 60_000)
  const [count, unit] = minutes < 1 ? [0, "second"] : minutes < 60 ? [minutes, "minute"] : minutes < 1440 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"]
  return new Intl.RelativeTimeFormat(facts.locale, { style: "narrow", numeric: "auto" }).format(-count, unit)
}

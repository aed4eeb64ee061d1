// What waits for the visitor: told to the page around us, and how far the desk's messages have come, told to the desk.

import { call } from "./api.js"
import { facts, find, make, t } from "./facts.js"
import { tell } from "./host.js"
import { state } from "./state.js"
import { availability, drawTalk, otherTalks } from "./talks.js"
import { answers, textOf } from "./thread.js"

let reported = ""

export function isLooking() {
  return state.isOpen && !find("chat").hidden && !document.hidden
}

export function forgetReported() {
  reported = ""
}

export function tellUnread() {
  const here = isLooking() ? [] : answers().filter(item => item.dataset.status !== "read" && reported !== `seen ${item.id}`)
  const elsewhere = otherTalks().filter(talk => Number(talk.dataset.unread))
  const total = elsewhere.reduce((sum, talk) => sum + Number(talk.dataset.unread), here.length)
  const count = find("unread")
  count.hidden = !total
  count.textContent = total
  count.setAttribute("aria-label", t(total === 1 ? "unread_one" : "unread_many", { count: total }))
  drawTalk(here.length)
  drawHead()
  tell("unread", { count: total, preview: here.length ? previewOf(here.at(-1)) : elsewhere.length ? glimpseOf(elsewhere[0]) : undefined })
  report()
}

export function hasUnread() {
  return !find("unread").hidden
}

// The conversation in which something waits: the one that is shown, else the newest of the others.
export function unreadTalk() {
  if (answers().some(item => item.dataset.status !== "read")) return state.conversation
  return otherTalks().find(talk => Number(talk.dataset.unread))?.id.replace("talk-", "") ?? state.conversation
}

function previewOf(item) {
  return shown(item.id, item.dataset.name, textOf(item), item.querySelector(".avatar"))
}

function glimpseOf(talk) {
  return shown(`${talk.id} ${talk.dataset.version}`, talk.querySelector("b").textContent, talk.querySelector(".widget-said").textContent.trim(), talk.querySelector(".avatar"))
}

function shown(id, name, text, face) {
  return { id, name: name || facts.name, text: text.slice(0, 160), initials: face?.textContent.trim(), picture: face?.querySelector("img")?.src }
}

// Tells the desk how far its messages have come: to this browser, or before the visitor's eyes.
function report() {
  const last = answers().at(-1)
  if (!last || last.dataset.status === "read") return
  const how = isLooking() ? "seen" : "delivered"
  const word = `${how} ${last.id}`
  if (reported === word || (how === "delivered" && (reported === `seen ${last.id}` || last.dataset.status === "delivered"))) return
  reported = word
  call("POST", `${how}?conversation=${state.conversation}`).catch(() => (reported = ""))
}

function drawHead() {
  const answer = answers().findLast(item => Number(item.dataset.sender))
  if (!answer) {
    // A conversation that nobody has answered yet is with all of them.
    find("chat-face").replaceChildren(...find("team-faces").cloneNode(true).children)
    find("chat-name").textContent = facts.name
    find("chat-state").textContent = availability()
    return
  }
  const colleague = facts.team.find(each => each.id === Number(answer.dataset.sender))
  const face = answer.querySelector(".avatar").cloneNode(true)
  if (colleague?.online && !face.querySelector(".presence")) face.append(make("span", { class: "presence" }))
  find("chat-face").replaceChildren(face)
  find("chat-name").textContent = answer.dataset.name
  find("chat-state").textContent = colleague?.online ? t("here_now") : availability()
}

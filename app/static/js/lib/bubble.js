// The bubble of a message that is on its way: what the server will write, as far as the page knows it already.

import { make } from "./dom.js"
import { icon } from "./icon.js"

const LAST = 9_000_000_000_000_000

export function bubble(said) {
  const failed = said.state === "failed"
  const message = make("li", {
    id: `message-${said.id}`, class: "message message-out is-sending", "data-kind": said.private ? "note" : "out", "data-sequence": LAST,
    "data-version": 0, "data-at": said.at, "data-sender": `user:${said.by}`, "data-state": said.state,
  })
  message.append(make("div", { class: "message-body" }, ...body(said, failed)), ...(failed ? [] : [meta(said)]), ...(failed ? [failure(said)] : []))
  return message
}

function body(said, failed) {
  const head = said.private ? [make("p", { class: "note-head" }, icon("lock"), " Private note")] : []
  const words = said.content || said.private ? [make("div", { class: `bubble bubble-plain${said.private ? " note" : ""}${failed ? " is-failed" : ""}`, dir: "auto" }, ...head, make("p", {}, said.content))] : []
  const files = said.files.map(file => make("span", { class: `attachment${failed ? " is-failed" : ""}` }, make("span", { class: "attachment-icon" }, icon(file.type.startsWith("image/") ? "image" : "file")), make("span", { class: "attachment-text" }, make("span", { class: "attachment-name" }, file.name))))
  return [...words, ...offered(said.offer), ...files]
}

function offered(offer) {
  if (!offer?.items.length) return []
  return [make("span", { class: "choices" }, ...offer.items.map(item => make("span", { class: "choice", dir: "auto" }, item.title)))]
}

function meta(said) {
  const percent = said.files.length ? ` ${Math.round((said.progress ?? 0) * 100)} %` : ""
  return make("p", { class: "message-meta" }, make("span", {}, "You"), " ", make("span", { class: "ticks" }, icon("clock"), said.private ? `Saving${percent}` : `Sending${percent}`))
}

function failure(said) {
  return make("p", { class: "failure", role: "alert" }, icon("alert"), ` Not sent: ${said.reason} `,
    make("button", { type: "button", class: "text-button", "data-retries": said.id }, "Try again"),
    make("button", { type: "button", class: "text-button", "data-discards": said.id }, "Discard"))
}

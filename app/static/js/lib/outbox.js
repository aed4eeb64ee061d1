// What is being sent: each message goes under the id its bubble has, and again under the same one, so that it is only ever one message.
// Tells `outbox:changed` with {said}; said.state is sending, failed, sent or gone.

import { forgetUnsent, keepUnsent, unsent } from "./drafts.js"
import { emit } from "./dom.js"
import { show } from "./inbox.js"

const PATIENCE = 30_000
const pending = new Map()

export function send(said) {
  pending.set(said.id, said)
  keepUnsent(said.conversation, { id: said.id, content: said.content, private: said.private, replyTo: said.replyTo, fields: said.fields, offer: said.offer && { ...said.offer, pictures: [] }, at: said.at, hadFiles: said.files.length + (said.offer?.pictures.length ?? 0) > 0 })
  go(said)
}

export function retry(id) {
  const said = pending.get(id)
  if (said?.state === "failed") go(said)
}

export function discard(id) {
  const said = pending.get(id)
  if (!said || said.state === "sending") return
  forget(said)
  tell(said, "gone")
}

// Everything of a conversation that has not arrived, also what an earlier page left.
export function waiting(conversation, path) {
  for (const kept of unsent(conversation)) {
    if (pending.has(kept.id)) continue
    const reason = kept.hadFiles ? "Not sent, and its files are gone with the page." : "Not sent yet."
    pending.set(kept.id, { ...kept, conversation, path, files: [], state: "failed", reason })
  }
  return [...pending.values()].filter(said => said.conversation === conversation)
}

// The server has it already: an earlier page sent it, and was closed before it heard so.
export function arrived(id) {
  const said = pending.get(id)
  if (said) forget(said)
}

function go(said) {
  const request = new XMLHttpRequest()
  request.open("POST", `${said.path}/messages`)
  request.setRequestHeader("HX-Request", "true")
  if (!said.files.length) request.timeout = PATIENCE
  request.upload.onprogress = event => said.files.length && tell(said, "sending", { progress: event.total ? event.loaded / event.total : 0 })
  request.onload = () => answered(said, request)
  request.onerror = () => tell(said, "failed", { reason: navigator.onLine ? "Parley did not answer." : "There is no connection." })
  request.ontimeout = () => tell(said, "failed", { reason: "Parley did not answer in time." })
  tell(said, "sending", { progress: 0, reason: "" })
  request.send(body(said))
}

function body({ id, content, private: isPrivate, resolve, replyTo, files, offer, fields = [] }) {
  const form = new FormData()
  for (const [name, value] of Object.entries({ client_id: id, content, private: isPrivate ? "1" : "", resolve: resolve ? "1" : "", reply_to: replyTo ?? "" })) if (value) form.append(name, value)
  for (const [name, value] of fields) form.append(name, value)
  for (const file of files) form.append("attachments", file)
  if (offer) for (const [name, value] of [["content_type", offer.type], ["items", JSON.stringify(offer.items)], ...offer.pictures.map(file => ["pictures", file])]) form.append(name, value)
  return form
}

async function answered(said, request) {
  if (request.status >= 400) return tell(said, "failed", { reason: reasonIn(request) })
  forget(said)
  await show(request.responseText)
  tell(said, "sent")
}

function reasonIn(request) {
  const page = new DOMParser().parseFromString(request.responseText.replaceAll("hx-partial", "div"), "text/html")
  return page.querySelector(".toast > span")?.textContent.trim() || (request.status >= 500 ? "Something broke on our side." : "It was refused.")
}

function forget(said) {
  pending.delete(said.id)
  forgetUnsent(said.conversation, said.id)
}

function tell(said, state, more = {}) {
  Object.assign(said, { state }, more)
  emit(document, "outbox:changed", { said })
}

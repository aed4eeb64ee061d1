// What the visitor wrote and the server does not have yet. Words are kept in this browser, so that they survive a lost connection and
// a closed page; each is sent under one id, so that it arrives once however often it is tried. A change of who the visitor is takes its
// turn among them: what was written before it goes in the old name, what is written after it in the new one.

import { Refused, call, upload } from "./api.js"
import { facts, find, make, t } from "./facts.js"
import { state } from "./state.js"
import { putDraft, removeDraft, tellDraft } from "./thread.js"

const PLACE = `parley:outbox:${facts.websiteToken}`
const RETRY = 5000
let entries = kept()
let isSending = false
let again
let told = null

// What is written before this waits. `listeners`: before(), each time just before something is sent; page(), where the visitor is;
// sent(answer, isHere), with whether its conversation is the one that is shown; lost() for a refused token.
export function openOutbox(listeners) {
  told = listeners
  redraw()
  flush()
}

export function redraw() {
  for (const entry of entries) if (!entry.act && isHere(entry)) putDraft(entry)
}

function isHere({ conversation, anew }) {
  return conversation ? conversation === state.conversation : (anew ?? null) === state.anew
}

export function write(content, files) {
  const entry = { id: uuid(), content, files, at: Date.now(), conversation: state.conversation, anew: state.anew }
  entries.push(entry)
  keep()
  putDraft(entry)
  tellDraft(entry.id, navigator.onLine ? "sending" : "waiting")
  flush()
}

// Does something between what was written before and what is written from now on, again until the server can be reached. Resolves when
// it is done, or not wanted any more; rejects when it is refused.
export function inOrder(act) {
  return new Promise((done, refused) => {
    entries.push({ act, done, refused })
    flush()
  })
}

export function empty() {
  for (const entry of entries) entry.done?.()
  entries = []
  keep()
}

// What was refused is of no use to whoever comes next; what waits goes into a conversation of theirs.
export function forgetFailed() {
  entries = entries.filter(entry => !entry.failed)
  for (const entry of entries) Object.assign(entry, { conversation: "", anew: null })
}

export async function flush() {
  clearTimeout(again)
  if (isSending || !told) return
  isSending = true
  try {
    for (let entry; (entry = entries.find(each => !each.failed)); ) {
      if (!(await (entry.act ? perform(entry) : send(entry)))) break
    }
  } finally {
    isSending = false
  }
}

// True when the next one may be tried.
async function perform(entry) {
  try {
    await entry.act()
    entry.done()
  } catch (error) {
    if (!isFinal(error)) return later(error)
    entry.refused(error)
  }
  drop(entry)
  return true
}

async function send(entry) {
  tellDraft(entry.id, "sending")
  try {
    await told.before()
    const answer = await deliver(entry)
    const here = isHere(entry)
    drop(entry)
    if (entry.anew) for (const other of entries) if (other.anew === entry.anew) Object.assign(other, { conversation: answer.conversation, anew: null })
    told.sent(answer, here)
    return true
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return told.lost()
    if (isFinal(error)) return fail(entry, error.message)
    tellDraft(entry.id, "waiting")
    return later(error)
  }
}

function isFinal(error) {
  return error instanceof Refused && error.status < 500 && error.status !== 429
}

function later(error) {
  again = setTimeout(flush, Math.min(error.retryAfter || RETRY / 1000, 60) * 1000)
  return false
}

function drop(entry) {
  entries = entries.filter(each => each !== entry)
  keep()
}

function deliver(entry) {
  const said = { content: entry.content, client_id: entry.id, conversation: entry.conversation ?? "", anew: Boolean(entry.anew), ...told.page() }
  if (!entry.files?.length) return call("POST", "messages", said)
  const form = new FormData()
  for (const [name, value] of Object.entries(said)) form.append(name, value ?? "")
  for (const file of entry.files) form.append("attachments[]", file, file.name)
  return upload("messages", form, share => {
    for (const bar of find(`message-${entry.id}`)?.querySelectorAll("progress") ?? []) bar.value = share
  })
}

function fail(entry, why) {
  entry.failed = true
  const retry = make("button", { type: "button" }, t("try_again"))
  const discard = make("button", { type: "button" }, t("discard"))
  retry.onclick = () => {
    entry.failed = false
    flush()
  }
  discard.onclick = () => {
    drop(entry)
    removeDraft(entry.id)
  }
  tellDraft(entry.id, "failed", make("span", { class: "widget-failure" }, `${t("failed")} ${why} `, retry, discard))
  return true
}

// Files cannot be kept: a message with files lives as long as the page does.
function keep() {
  try {
    localStorage.setItem(PLACE, JSON.stringify(entries.filter(entry => !entry.act && !entry.files?.length && !entry.failed).map(({ id, content, at, conversation, anew }) => ({ id, content, at, conversation, anew }))))
  } catch { /* this browser keeps nothing for frames; the page still does */ }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(PLACE)) ?? []
  } catch {
    return []
  }
}

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 15) | 64
  bytes[8] = (bytes[8] & 63) | 128
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}

addEventListener("online", flush)

// <message-composer> around the form one answers with: reply or note, drafts that stay, files, Enter or Control-Enter, and a bubble at
// once; the sending itself is lib/outbox.js.

import { emit, toast } from "../lib/dom.js"
import { draft, keepDraft } from "../lib/drafts.js"
import { fetched } from "../lib/fetched.js"
import { ask, desk, me, tell } from "../lib/inbox.js"
import { isKey, printKey } from "../lib/keys.js"
import { send } from "../lib/outbox.js"
import { uuid } from "../lib/uuid.js"

const TYPING_EVERY = 4_000
const TYPING_ENDS = 6_000
const KEEPS_AFTER = 300
const MOST = 150_000

customElements.define("message-composer", class extends HTMLElement {
  #leaving = new AbortController()
  #replyTo = ""
  #toldTyping = 0
  #typesNote = false
  #timers = {}

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    this.addEventListener("submit", event => this.#submitted(event), { signal })
    this.addEventListener("keydown", event => this.#pressed(event), { signal })
    this.addEventListener("input", event => event.target === this.field ? this.#typed() : this.#measure(), { signal })
    this.addEventListener("focusout", () => this.#stopsTyping(), { signal })
    addEventListener("pagehide", () => this.#keep(), { signal })
    this.addEventListener("tab:change", event => this.#turn(event.detail.name), { signal })
    this.addEventListener("window:changed", () => this.#dress(), { signal })
    this.addEventListener("click", event => this.#clicked(event), { signal })
    this.addEventListener("offer:changed", () => this.#offered(), { signal })
    this.addEventListener("files:changed", () => this.#measure(), { signal })
    for (const name of ["dragover", "drop"]) this.closest("#thread").addEventListener(name, event => this.#dropped(event), { signal })
    document.addEventListener("message:answer", event => this.answer(event.detail), { signal })
    document.addEventListener("habit:changed", () => this.#dress(), { signal })
    this.field.value = draft(this.dataset.conversation, "reply")
    this.field.dispatchEvent(new Event("input"))
    if (this.offer && draft(this.dataset.conversation, "offer")) this.#offers("")
    this.#dress()
  }

  disconnectedCallback() {
    this.#keep()
    this.#stopsTyping()
    this.#leaving.abort()
  }

  get form() { return this.querySelector("form") }
  get field() { return this.querySelector("textarea") }
  get drop() { return this.querySelector("file-drop") }
  get kind() { return this.querySelector("[role=tab][aria-selected=true]")?.value ?? "reply" }
  get isNote() { return this.kind === "note" }
  get isClosed() { return !this.isNote && (this.querySelector("answer-window")?.state === "closed" || Boolean(this.querySelector("[data-calls]"))) }
  get offer() { return this.querySelector("offer-editor") }
  get longest() { return Number(this.querySelector("input[data-says]:not(:checked)")?.dataset.says ?? this.dataset.longest) }
  get recipients() { return this.isNote ? null : this.querySelector("mail-recipients") }

  answer({ id, name, words }) {
    this.#replyTo = id
    const quote = this.querySelector("[data-quote]")
    quote.hidden = !id
    quote.firstElementChild.textContent = id ? `${name}: ${words}` : ""
    if (id) this.field.focus()
  }

  #submitted(event) {
    event.preventDefault()
    const content = this.field.value.trim()
    const { files } = this.drop
    const isOffering = !this.isNote && Boolean(this.offer?.kind)
    if (this.isClosed || this.querySelector("[type=submit].button-primary").disabled) return
    if (!content && !files.length && !(isOffering && this.offer.kind === "cards")) return this.field.focus()
    if (isOffering && !this.offer.check()) return
    if (this.recipients && !this.recipients.ready()) return
    const fields = this.recipients ? [["addressed", "1"], ...this.recipients.values] : []
    if (!this.isNote) for (const chosen of this.querySelectorAll("input[data-says]:checked")) fields.push([chosen.name, chosen.value])
    const resolve = event.submitter?.name === "resolve"
    const said = { id: uuid(), conversation: this.dataset.conversation, path: this.dataset.path, content, private: this.isNote, resolve, replyTo: this.#replyTo, files, fields, offer: isOffering ? this.offer.value : null, at: new Date().toISOString(), by: me() }
    this.#clear()
    if (resolve) emit(this, "conversation:resolves", { conversation: said.conversation })
    send(said)
    this.field.focus()
  }

  #clear() {
    this.field.value = ""
    this.drop.clear()
    if (!this.isNote && this.offer?.kind) this.offer.close()
    this.answer({ id: "" })
    this.querySelector("mail-recipients")?.reset()
    this.field.dispatchEvent(new Event("input", { bubbles: true }))
    this.#keep()
    this.#stopsTyping()
  }

  // A file that misses the composer is meant for it all the same, not for the browser to open.
  #dropped(event) {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return
    event.preventDefault()
    if (event.type === "drop") this.drop.add(event.dataTransfer.files)
  }

  #pressed(event) {
    if (event.key === "Escape" && event.target === this.field && !event.isComposing) return document.getElementById("thread-body")?.focus()
    if (event.target !== this.field || event.key !== "Enter" || event.isComposing || event.shiftKey || event.altKey) return
    const sendsWithEnter = desk()?.dataset.sendsWith === "enter" && matchMedia("(hover: hover)").matches
    if (!isKey(event, "mod+enter") && !sendsWithEnter) return
    event.preventDefault()
    if (!event.repeat) this.form.requestSubmit(this.form.querySelector("[type=submit].button-primary"))
  }

  #typed() {
    clearTimeout(this.#timers.keep)
    this.#timers.keep = setTimeout(() => this.#keep(), KEEPS_AFTER)
    this.#measure()
    if (!this.field.value.trim()) return this.#stopsTyping()
    clearTimeout(this.#timers.typing)
    this.#timers.typing = setTimeout(() => this.#stopsTyping(), TYPING_ENDS)
    if (Date.now() - this.#toldTyping < TYPING_EVERY) return
    this.#toldTyping = Date.now()
    this.#typesNote = this.isNote
    this.#tellTyping("1")
  }

  #stopsTyping() {
    clearTimeout(this.#timers.typing)
    if (!this.#toldTyping) return
    this.#toldTyping = 0
    this.#tellTyping("0")
  }

  #tellTyping(on) {
    tell(`${this.dataset.path}/typing`, "POST", { on, private: this.#typesNote ? "1" : "0" })
  }

  #keep() {
    clearTimeout(this.#timers.keep)
    keepDraft(this.dataset.conversation, this.kind, this.field.value)
    emit(document, "draft:changed")
  }

  // The other kind has a draft of its own; what stands in the field goes over only when that one is empty.
  #turn(kind) {
    this.#stopsTyping()
    const other = kind === "note" ? "reply" : "note"
    keepDraft(this.dataset.conversation, other, this.field.value)
    const own = draft(this.dataset.conversation, kind)
    if (own) this.field.value = own
    else keepDraft(this.dataset.conversation, other, "")
    this.field.dispatchEvent(new Event("input", { bubbles: true }))
    this.#dress()
  }

  #clicked(event) {
    if (event.target.closest("[role=tab]")) this.field.focus()
    if (event.target.closest("[data-unquotes]")) this.#unquote()
    if (event.target.closest("[data-notes]")) this.querySelector("#composer-note").click()
    if (event.target.closest("[data-previews-answer]")) ask(`${this.dataset.path}/preview`, { method: "POST", body: new URLSearchParams({ content: this.field.value }) }).catch(() => {})
    const offers = event.target.closest("[data-offers]")?.dataset.offers
    if (offers) this.#offers(offers)
  }

  // What choices and cards are put together with is fetched when somebody wants it. Without a kind, the draft is taken up again.
  async #offers(kind) {
    const { offer } = this
    try {
      await fetched(offer.getAttribute("script"), offer.getAttribute("styles"))
    } catch {
      return toast("That could not be fetched. Try again in a moment.", { icon: "alert", look: "danger" })
    }
    offer.open(kind, draft(this.dataset.conversation, "offer"))
    if (kind === "input_email" && !this.field.value.trim()) this.#fill("What is your e-mail address?")
    if (kind) (this.field.value.trim() || kind === "cards") && kind !== "input_email" ? offer.focus() : this.field.focus()
  }

  #fill(words) {
    this.field.value = words
    this.field.dispatchEvent(new Event("input", { bubbles: true }))
    this.field.select()
  }

  #offered() {
    keepDraft(this.dataset.conversation, "offer", this.offer.kept)
    this.#dress()
  }

  #unquote() {
    this.answer({ id: "" })
    this.querySelector("mail-recipients")?.follow()
    this.field.focus()
  }

  #dress() {
    const { isNote } = this
    this.form.classList.toggle("composer-note", isNote)
    this.form.classList.toggle("is-closed", this.isClosed)
    const asks = { input_select: "What do you ask?", input_email: "What do you ask?", cards: "Words above the cards, if any" }[this.offer?.kind]
    if (this.offer) this.offer.hidden = isNote || !this.offer.kind
    this.querySelector("mark-tools")?.dress?.(this.kind)
    this.field.placeholder = isNote ? this.field.dataset.note : asks ?? this.field.dataset.reply
    this.querySelector("label[for=composer-text]").textContent = isNote ? "Private note" : this.field.dataset.reply
    this.querySelector("[role=tabpanel]").setAttribute("aria-labelledby", isNote ? "composer-note" : "composer-reply")
    this.querySelector("[data-send-words]").textContent = isNote ? "Add note" : "Send"
    this.querySelector("[data-send-key]").textContent = printKey(desk()?.dataset.sendsWith === "enter" ? "enter" : "mod+enter")
    for (const part of this.querySelectorAll("[data-reply-only]")) part.hidden = isNote
    this.#measure()
  }

  #measure() {
    const hint = this.querySelector("[data-hint]")
    const { words, isTooLong, isTelling } = this.isNote ? { words: "Only your team sees this" } : measured(lengthOf(this.field.value, this.dataset.counts), this.longest, "splits" in this.dataset, this.drop.apart ?? 0)
    hint.textContent = words
    hint.classList.toggle("is-telling", Boolean(isTelling))
    this.querySelector("[type=submit].button-primary").disabled = Boolean(isTooLong)
  }
})

// In what the provider counts.
function lengthOf(text, unit) {
  if (unit === "bytes") return new TextEncoder().encode(text).length
  return unit === "characters" ? [...text].length : text.length
}

// What is longer than the channel's own messages goes in several, where the channel sends at all; so do files, where each goes alone.
function measured(length, longest, splits, apart) {
  const left = longest - length
  if (left < 0 && !splits) return { words: `${-left} too long`, isTooLong: true, isTelling: true }
  if (length > MOST) return { words: `${length - MOST} too long`, isTooLong: true, isTelling: true }
  const messages = Math.ceil(length / longest) + apart
  if (messages > 1) return { words: `Goes out as ${messages} messages`, isTelling: left < 0 }
  return { words: left < Math.min(500, longest / 5) ? `${left} left` : "", isTelling: left < longest / 10 }
}

// <offer-editor most-choices="10" longest-choice="24" most-cards="10" most-buttons="3">: puts together what a customer can press. Tells
// `offer:changed`; `value` is what is sent, `kept` what a draft keeps of it, `check()` whether it can be sent, said beside what is missing.

import { emit, make } from "../lib/dom.js"
import { icon } from "../lib/icon.js"
import { isKey } from "../lib/keys.js"
import { Cards } from "./cards.js"
import { Choices } from "./choices.js"

const TITLES = { input_select: "Choices", cards: "Cards", input_email: "Asks for an e-mail address" }

customElements.define("offer-editor", class extends HTMLElement {
  kind = ""
  #list = null

  connectedCallback() {
    this.addEventListener("keydown", event => this.#pressed(event))
    this.addEventListener("input", () => this.#changed())
    this.addEventListener("list:changed", () => this.#changed())
    this.addEventListener("click", event => event.target.closest("[data-drops-offer]") && this.#drop())
  }

  // Without a kind, what the draft keeps; one that is open already keeps what was typed.
  open(kind, kept) {
    const draft = read(kept)
    const wanted = kind || draft?.kind
    if (!wanted || wanted === this.kind) return
    const List = { input_select: Choices, cards: Cards }[wanted]
    this.kind = wanted
    this.#list = List ? new List(this.#limits(), draft?.kind === wanted ? draft.items : []) : null
    this.setAttribute("role", "group")
    this.setAttribute("aria-label", TITLES[wanted])
    this.replaceChildren(this.#head(), ...(this.#list ? [this.#list.node] : []), make("p", { class: "field-error", role: "alert", hidden: true }))
    this.#changed()
  }

  close() {
    this.kind = ""
    this.#list = null
    this.replaceChildren()
    this.#changed()
  }

  focus() {
    this.#list?.focus()
  }

  get value() {
    const { items = [], pictures = [] } = this.#list?.value ?? {}
    return { type: this.kind, items, pictures }
  }

  get kept() {
    return this.kind ? JSON.stringify({ kind: this.kind, items: this.#list?.typed ?? [] }) : ""
  }

  check() {
    const wrong = this.#list?.wrong()
    this.#say(wrong?.words ?? "")
    if (!wrong) return true
    wrong.field?.setAttribute("aria-invalid", "true")
    wrong.field?.focus()
    return false
  }

  #limits() {
    return Object.fromEntries(["most-choices", "longest-choice", "most-cards", "most-buttons"].map(name => [name.replace(/-(.)/, (_, letter) => letter.toUpperCase()), Number(this.getAttribute(name))]))
  }

  #head() {
    const drop = make("button", { type: "button", class: "icon-button", "data-drops-offer": true, "aria-label": `Take off: ${TITLES[this.kind]}`, "data-tip": "Take off" }, icon("x", "s"))
    return make("header", { class: "offer-head" }, make("b", {}, TITLES[this.kind]), make("span", { class: "muted" }, this.#list?.about ?? "The customer gets a field for it."), drop)
  }

  #drop() {
    this.close()
    this.closest("form").querySelector("textarea").focus()
  }

  #changed() {
    this.#say("")
    for (const field of this.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid")
    emit(this, "offer:changed")
  }

  #say(words) {
    const line = this.querySelector(":scope > .field-error")
    if (!line) return
    line.hidden = !words
    line.replaceChildren(icon("alert", "s"), ` ${words}`)
  }

  #pressed(event) {
    const form = this.closest("form")
    if (event.key === "Escape") return event.stopPropagation(), form.querySelector("textarea[name=content]").focus()
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return
    event.preventDefault()
    if (isKey(event, "mod+enter")) form.requestSubmit(form.querySelector(".button-primary"))
    else this.#list?.entered?.(event.target)
  }
})

function read(kept) {
  try { return JSON.parse(kept || "null") } catch { return null }
}

// <emoji-picker source="/…/emoji.json" for="id of a field">: search, a grid one walks with arrows, the ones used last. Its list is
// fetched when it is first seen. It tells `emoji:picked`, and unless that is prevented writes into the field.

import { emit, make } from "../lib/dom.js"
import { plain } from "../lib/fuzzy.js"

const LAST = "parley:emoji"
const WIDE = 8
let loading

customElements.define("emoji-picker", class extends HTMLElement {
  connectedCallback() {
    this.closest("[popover]")?.addEventListener("toggle", event => event.newState === "open" && this.open())
    this.addEventListener("input", () => this.#draw())
    this.addEventListener("keydown", event => this.#pressed(event))
    this.addEventListener("click", event => this.#pick(event.target.closest("[data-emoji]")))
  }

  async open() {
    loading ??= fetch(this.getAttribute("source")).then(answer => answer.json()).catch(() => (loading = null))
    this.groups = await loading
    if (!this.field) {
      this.field = make("input", { class: "input", type: "search", placeholder: "Search emoji", "aria-label": "Search emoji" })
      this.list = make("div", { class: "emoji-list", role: "group", "aria-label": "Emoji" })
      this.replaceChildren(this.field, this.list)
    }
    this.field.value = ""
    this.#draw()
    this.field.focus()
  }

  get #cells() { return [...this.list.querySelectorAll("[data-emoji]")] }

  #draw() {
    if (!this.groups) return this.list.replaceChildren(make("p", { class: "emoji-none" }, "The list could not be fetched. Close and open it again."))
    const typed = plain(this.field.value)
    const all = Object.values(this.groups).flat()
    const last = recent().map(sign => all.find(([one]) => one === sign)).filter(Boolean)
    const groups = typed ? { Found: all.filter(([, name]) => plain(name).includes(typed)) } : { ...(last.length && { "Used last": last }), ...this.groups }
    const parts = Object.entries(groups).flatMap(([title, signs]) => signs.length ? [make("p", { class: "emoji-title" }, title), make("div", { class: "emoji-grid" }, ...signs.map(cell))] : [])
    this.list.replaceChildren(...(parts.length ? parts : [make("p", { class: "emoji-none" }, `No emoji is called “${this.field.value}”.`)]))
    this.list.querySelector("[data-emoji]")?.setAttribute("tabindex", "0")
  }

  #pressed(event) {
    const cells = this.#cells
    const at = cells.indexOf(document.activeElement)
    if (event.key === "Enter" && at < 0) return event.preventDefault(), this.#pick(cells[0])
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: WIDE, ArrowUp: -WIDE }[event.key]
    if (!step || (at < 0 && event.key !== "ArrowDown")) return
    event.preventDefault()
    const to = at < 0 ? 0 : at + step
    const next = to < 0 ? this.field : cells[Math.min(to, cells.length - 1)]
    next.focus()
  }

  #pick(chosen) {
    if (!chosen) return
    const emoji = chosen.dataset.emoji
    keep([emoji, ...recent().filter(one => one !== emoji)].slice(0, 2 * WIDE))
    this.closest("[popover]")?.hidePopover()
    if (emit(this, "emoji:picked", { emoji })) this.#write(emoji)
  }

  #write(emoji) {
    const field = document.getElementById(this.getAttribute("for"))
    if (!field) return
    field.focus()
    field.setRangeText(emoji, field.selectionStart, field.selectionEnd, "end")
    field.dispatchEvent(new InputEvent("input", { bubbles: true, data: emoji, inputType: "insertText" }))
  }
})

function cell([emoji, name]) {
  return make("button", { type: "button", class: "emoji", "data-emoji": emoji, "aria-label": name, title: name, tabindex: -1 }, emoji)
}

function recent() {
  try { return JSON.parse(localStorage.getItem(LAST)) ?? [] } catch { return [] }
}

function keep(list) {
  try { localStorage.setItem(LAST, JSON.stringify(list)) } catch { /* a private window keeps nothing, and that is fine */ }
}

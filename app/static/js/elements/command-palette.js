// <command-palette search="/…">: Control or Command and K, or a press on [data-opens-palette], finds what the page can do (lib/commands.js)
// and, from two letters on, what the server finds: it answers `search?q=…` with rows of class palette-item.

import { commands, run } from "../lib/commands.js"
import { make } from "../lib/dom.js"
import { fit } from "../lib/fuzzy.js"
import { icon } from "../lib/icon.js"
import { isKey, printKey } from "../lib/keys.js"

const PAUSE = 150
// What this screen can do comes first, then the way to others.
const LAST = ["Go to", "Settings", "You"]

customElements.define("command-palette", class extends HTMLElement {
  #leaving = new AbortController()
  #asking = new AbortController()
  #timer

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    document.addEventListener("keydown", event => isKey(event, "mod+k") && (event.preventDefault(), this.toggle()), { signal })
    document.addEventListener("click", event => event.target.closest?.("[data-opens-palette]") && this.toggle(), { signal })
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  toggle() {
    if (this.dialog?.open) return this.dialog.close()
    if (document.querySelector("dialog:modal")) return
    this.all = commands().map((one, at) => ({ ...one, at }))
    this.replaceChildren(this.#build())
    this.dialog.showModal()
    this.#draw()
  }

  #build() {
    this.field = make("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-label": "Search or run", placeholder: "Search or run", autocomplete: "off", spellcheck: "false" })
    this.own = make("div", { role: "presentation" })
    this.found = make("div", { role: "presentation" })
    this.none = make("p", { class: "palette-none", hidden: true })
    this.list = make("div", { class: "palette-list", id: "palette-list", role: "listbox", "aria-label": "Results" }, this.own, this.found)
    this.dialog = make("dialog", { class: "palette", "aria-label": "Commands" }, make("div", { class: "palette-input" }, icon("search"), this.field, make("kbd", { class: "kbd" }, "esc")), this.list, this.none)
    this.field.addEventListener("input", () => this.#draw())
    this.dialog.addEventListener("keydown", event => this.#pressed(event))
    this.dialog.addEventListener("click", event => event.target === this.dialog ? this.dialog.close() : this.#choose(event.target.closest("[role=option]")))
    this.dialog.addEventListener("pointermove", event => this.#mark(event.target.closest("[role=option]")))
    return this.dialog
  }

  get #options() { return [...this.list.querySelectorAll("[role=option]")] }
  get #marked() { return this.list.querySelector("[aria-selected=true]") }

  #draw() {
    const typed = this.field.value.trim()
    const fitting = this.all.map(one => ({ ...one, score: fit(typed, one.name) })).filter(one => one.score)
    if (typed) fitting.sort((a, b) => b.score - a.score)
    this.own.replaceChildren(...grouped(fitting.slice(0, 40)))
    this.found.replaceChildren()
    this.#mark(this.#options[0])
    this.#tell(typed)
    clearTimeout(this.#timer)
    this.#asking.abort()
    if (typed.length > 1 && this.hasAttribute("search")) this.#timer = setTimeout(() => this.#ask(typed), PAUSE)
  }

  async #ask(typed) {
    const { signal } = this.#asking = new AbortController()
    const url = new URL(this.getAttribute("search"), location)
    url.searchParams.set("q", typed)
    const answer = await fetch(url, { signal, headers: { "Parley-Palette": "1" } }).catch(() => null)
    if (!answer?.ok || !answer.headers.get("content-type")?.startsWith("text/html")) return
    const page = new DOMParser().parseFromString(await answer.text(), "text/html")
    const rows = [...page.querySelectorAll(".palette-item")]
    if (signal.aborted || !rows.length) return
    for (const row of rows) Object.assign(row, { id: row.id || `palette-${crypto.randomUUID()}`, role: "option", tabIndex: -1 })
    this.found.replaceChildren(make("p", { class: "palette-title" }, "Found"), ...rows)
    if (!this.#marked) this.#mark(rows[0])
    this.#tell(typed)
  }

  #tell(typed) {
    this.none.hidden = this.#options.length > 0
    this.none.textContent = `Nothing here is called “${typed}”.`
  }

  #mark(option) {
    if (!option) return
    this.#marked?.setAttribute("aria-selected", "false")
    option.setAttribute("aria-selected", "true")
    this.field.setAttribute("aria-activedescendant", option.id)
  }

  #pressed(event) {
    const options = this.#options
    const at = options.indexOf(this.#marked)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key]
    if (to !== undefined && options.length) {
      event.preventDefault()
      this.#mark(options.at(to % options.length))
      this.#marked.scrollIntoView({ block: "nearest" })
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault()
      this.#choose(this.#marked)
    }
  }

  #choose(option) {
    if (!option) return
    const command = this.all[option.dataset.at]
    this.dialog.close()
    if (command) run(command.element)
    else option.click()
  }
})

function grouped(fitting) {
  const groups = Map.groupBy(fitting, one => one.group)
  const ordered = [...groups].sort(([a], [b]) => LAST.indexOf(a) - LAST.indexOf(b))
  return ordered.flatMap(([title, ones]) => [...(title ? [make("p", { class: "palette-title" }, title)] : []), ...ones.map(row)])
}

function row({ name, key, sign, at }) {
  const keys = key ? [make("span", { class: "palette-keys" }, make("kbd", { class: "kbd" }, printKey(key.split(" ")[0])))] : []
  return make("div", { class: "palette-item", role: "option", "aria-selected": "false", id: `palette-${at}`, "data-at": at }, icon(sign), make("span", { class: "truncate" }, name), ...keys)
}

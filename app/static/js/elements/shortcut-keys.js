// <shortcut-keys>, one for the page: a key presses the element that names it (data-key="e"), unless someone is typing and the key has
// no modifier; `?` lists them all. Elements say what they do with data-key-label, or their own name.

import { commandFor, commands, run } from "../lib/commands.js"
import { make } from "../lib/dom.js"
import { icon } from "../lib/icon.js"
import { isTyping, printKey } from "../lib/keys.js"

const ALWAYS = [{ name: "Search or jump to", key: "mod+k" }, { name: "Show these keys", key: "?" }, { name: "Close, or step back", key: "escape" }]

customElements.define("shortcut-keys", class extends HTMLElement {
  #leaving = new AbortController()

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    document.addEventListener("keydown", event => this.#pressed(event), { signal })
    document.addEventListener("click", event => event.target.closest?.("[data-opens-shortcuts]") && this.open(), { signal })
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  #pressed(event) {
    if (event.defaultPrevented || event.repeat) return
    if (isTyping(event) && !event.ctrlKey && !event.metaKey && !event.altKey) return
    if (event.key === "?" && !document.querySelector("dialog:modal")) return event.preventDefault(), this.open()
    const command = commandFor(event)
    if (!command) return
    event.preventDefault()
    run(command.element)
  }

  open() {
    const seen = new Set()
    const own = commands().filter(({ key, name }) => key && !seen.has(key + name) && seen.add(key + name))
    const dialog = make("dialog", { class: "dialog dialog-wide", "aria-labelledby": "shortcuts-title" },
      make("header", { class: "dialog-head" }, make("h2", { class: "dialog-title", id: "shortcuts-title" }, "Keyboard shortcuts"), closer()),
      make("div", { class: "dialog-body" }, make("dl", { class: "shortcuts" }, ...[...own, ...ALWAYS].map(line))))
    dialog.addEventListener("click", event => (event.target === dialog || event.target.closest("[data-closes]")) && dialog.close())
    dialog.addEventListener("close", () => dialog.remove())
    this.append(dialog)
    dialog.showModal()
  }
})

function line({ name, key }) {
  return make("div", { class: "shortcut" }, make("dt", {}, name), make("dd", {}, ...key.split(/ (?=.)/).map(one => make("kbd", { class: "kbd" }, printKey(one)))))
}

function closer() {
  return make("button", { type: "button", class: "icon-button", "aria-label": "Close", "data-closes": true }, icon("x"))
}

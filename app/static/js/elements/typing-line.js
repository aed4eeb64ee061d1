// <typing-line data-conversation>: who is writing in the conversation now, customers and colleagues; forgotten when it is not said again.

import { make } from "../lib/dom.js"
import { me } from "../lib/inbox.js"

const FORGETS = 10_000

customElements.define("typing-line", class extends HTMLElement {
  #leaving = new AbortController()
  #who = new Map()

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    document.addEventListener("live:typing", event => this.#heard(event.detail), { signal })
  }

  disconnectedCallback() {
    this.#leaving.abort()
    for (const { timer } of this.#who.values()) clearTimeout(timer)
  }

  #heard({ conversation, who, on, private: isNote }) {
    if (conversation !== this.dataset.conversation || (who.kind === "user" && String(who.id) === me())) return
    const key = `${who.kind}:${who.id}`
    clearTimeout(this.#who.get(key)?.timer)
    if (on) this.#who.set(key, { name: who.name, isNote, timer: setTimeout(() => { this.#who.delete(key); this.#draw() }, FORGETS) })
    else this.#who.delete(key)
    this.#draw()
  }

  #draw() {
    const all = [...this.#who.values()]
    if (!all.length) return this.replaceChildren()
    const names = new Intl.ListFormat(document.documentElement.lang || "en").format(all.map(one => one.name))
    const does = all.length > 1 ? "are typing" : all[0].isNote ? "is writing a note" : "is typing"
    this.replaceChildren(make("span", { class: "typing-dots", "aria-hidden": "true" }, make("i"), make("i"), make("i")), make("bdi", {}, names), ` ${does}`)
  }
})

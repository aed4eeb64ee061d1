// <looking-faces data-conversation>: the colleagues who have the conversation before their eyes; each is forgotten when not said again.

import { make } from "../lib/dom.js"
import { me } from "../lib/inbox.js"

const FORGETS = 45_000
const MOST = 3

customElements.define("looking-faces", class extends HTMLElement {
  #leaving = new AbortController()
  #who = new Map()

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    document.addEventListener("live:looking", event => this.#heard(event.detail), { signal })
    for (const who of JSON.parse(this.closest("#thread")?.querySelector("message-thread")?.dataset.lookers || "[]")) this.#see(who)
    this.#draw()
  }

  disconnectedCallback() {
    this.#leaving.abort()
    for (const { timer } of this.#who.values()) clearTimeout(timer)
  }

  #heard({ conversation, who, on }) {
    if (conversation !== this.dataset.conversation || String(who.id) === me()) return
    if (on) this.#see(who)
    else this.#forget(who.id)
    this.#draw()
  }

  #see(who) {
    this.#forget(who.id)
    this.#who.set(who.id, { ...who, timer: setTimeout(() => { this.#forget(who.id); this.#draw() }, FORGETS) })
  }

  #forget(id) {
    clearTimeout(this.#who.get(id)?.timer)
    this.#who.delete(id)
  }

  #draw() {
    const all = [...this.#who.values()]
    const words = all.length ? `${new Intl.ListFormat("en").format(all.map(one => one.name))} ${all.length > 1 ? "are" : "is"} looking at this` : ""
    if (words) this.dataset.tip = words
    else delete this.dataset.tip
    this.replaceChildren(...all.slice(0, MOST).map(face), ...(words ? [make("span", { class: "hidden-visually" }, words)] : []))
  }
})

function face({ initials, hue }) {
  return make("span", { class: `avatar avatar-s person-${hue}`, "aria-hidden": "true" }, initials)
}

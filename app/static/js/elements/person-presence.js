// <person-presence data-contact data-online> around what is known of a customer: a dot on their face while they have the website open.

import { make } from "../lib/dom.js"

customElements.define("person-presence", class extends HTMLElement {
  #leaving = new AbortController()

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    document.addEventListener("live:presence", event => this.#heard(event.detail), { signal })
    document.addEventListener("htmx:finally:swap", () => this.#draw(), { signal })
    this.#draw()
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  #heard({ contact, online }) {
    if (String(contact) !== this.dataset.contact) return
    this.dataset.online = String(online)
    this.#draw()
  }

  #draw() {
    const face = this.querySelector(".person > .avatar")
    const dot = face?.querySelector(".presence")
    if (!face || Boolean(dot) === (this.dataset.online === "true")) return
    if (dot) dot.remove()
    else face.append(make("span", { class: "presence" }))
  }
})

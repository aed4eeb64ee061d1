// <live-contact data-path="/accounts/1/contacts/2">: fetches what changes on a contact's page again when the socket (<live-socket>) has
// missed something, and when a conversation somewhere has moved; at most once in two seconds.

import { ask } from "../lib/inbox.js"

const PAUSE = 2_000

customElements.define("live-contact", class extends HTMLElement {
  #leaving = new AbortController()
  #timer

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    document.addEventListener("live:catch-up", event => event.detail.wait(this.#fetch()), { signal })
    document.addEventListener("live:rows", () => this.#timer ??= setTimeout(() => this.#fetch().catch(() => {}), PAUSE), { signal })
  }

  disconnectedCallback() {
    this.#leaving.abort()
    clearTimeout(this.#timer)
  }

  async #fetch() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await ask(this.dataset.path)
  }
})

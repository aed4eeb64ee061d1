// <conversation-start> around the form for writing first: shows what only a mail has, and sends along whom it goes to.

import { make } from "../lib/dom.js"

customElements.define("conversation-start", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", () => this.#dress())
    this.addEventListener("submit", event => this.#submitted(event))
    this.#dress()
  }

  get form() { return this.querySelector("form") }
  get isMail() { return this.querySelector("select").selectedOptions[0]?.hasAttribute("data-mail") ?? false }
  get recipients() { return this.querySelector("mail-recipients") }

  #dress() {
    for (const part of this.querySelectorAll("[data-mail-only]")) part.hidden = !this.isMail
  }

  #submitted(event) {
    for (const old of this.form.querySelectorAll("[data-recipient]")) old.remove()
    if (!this.isMail) return
    if (!this.recipients.ready()) return event.preventDefault()
    for (const [name, value] of [["addressed", "1"], ...this.recipients.values]) this.form.append(make("input", { type: "hidden", name, value, "data-recipient": true }))
  }
})

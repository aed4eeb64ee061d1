// <conversation-start> around the form for writing first: shows what only a mail has, or what a template needs, and sends along whom it goes to.

import { make } from "../lib/dom.js"

customElements.define("conversation-start", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", () => this.#dress())
    this.addEventListener("submit", event => this.#submitted(event))
    this.#dress()
  }

  get form() { return this.querySelector("form") }
  get isMail() { return this.#is("data-mail") }
  get recipients() { return this.querySelector("mail-recipients") }

  #is(kind) { return this.querySelector("select").selectedOptions[0]?.hasAttribute(kind) ?? false }

  #dress() {
    const byTemplate = this.#is("data-template")
    for (const part of this.querySelectorAll("[data-template-only], [data-words-only]")) part.hidden = part.hasAttribute("data-template-only") !== byTemplate
    this.querySelector("[type=submit]").textContent = byTemplate ? "Choose a template" : "Send"
    for (const part of this.querySelectorAll("[data-mail-only]")) part.hidden = !this.isMail
  }

  #submitted(event) {
    for (const old of this.form.querySelectorAll("[data-recipient]")) old.remove()
    if (!this.isMail) return
    if (!this.recipients.ready()) return event.preventDefault()
    for (const [name, value] of [["addressed", "1"], ...this.recipients.values]) this.form.append(make("input", { type: "hidden", name, value, "data-recipient": true }))
  }
})

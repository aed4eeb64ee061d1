// <lazy-menu src="…"> inside a menu: its items, fetched each time the menu opens.

import { make } from "../lib/dom.js"

customElements.define("lazy-menu", class extends HTMLElement {
  connectedCallback() {
    this.menu = this.closest("[popover]")
    this.menu?.addEventListener("toggle", this)
  }

  disconnectedCallback() {
    this.menu?.removeEventListener("toggle", this)
  }

  async handleEvent({ newState, target }) {
    if (newState !== "open" || target !== this.menu) return
    const answer = await fetch(this.getAttribute("src"), { headers: { "HX-Request": "true" } }).catch(() => null)
    if (!answer?.ok) return this.replaceChildren(make("p", { class: "menu-title" }, "This could not be fetched. Close and open it again."))
    const template = make("template")
    template.innerHTML = await answer.text()
    this.replaceChildren(template.content)
    htmx.process(this)
    this.menu.querySelector("input")?.dispatchEvent(new Event("input", { bubbles: true }))
  }
})

// <theme-switch save="/…"> of buttons with value light, dark or system: shows the choice at once, keeps it, tells `theme:change`.

import { emit, toast } from "../lib/dom.js"

customElements.define("theme-switch", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", event => this.choose(event.target.closest("button[value]")?.value))
  }

  async choose(theme) {
    if (!theme) return
    const root = document.documentElement
    if (theme === "system") root.removeAttribute("data-theme")
    else root.dataset.theme = theme
    for (const button of this.querySelectorAll("button[value]")) {
      const state = button.getAttribute("role") === "menuitemradio" ? "aria-checked" : "aria-pressed"
      button.setAttribute(state, String(button.value === theme))
    }
    emit(this, "theme:change", { theme })
    if (this.hasAttribute("save")) await this.#save(theme)
  }

  async #save(theme) {
    const answer = await fetch(this.getAttribute("save"), { method: "PUT", body: new URLSearchParams({ theme }) }).catch(() => null)
    if (!answer?.ok) toast("The theme could not be kept; it holds until you leave this page.", { icon: "alert", look: "danger" })
  }
})

// <tab-list role="tablist"> of role="tab" buttons with aria-controls: shows one panel, arrows move between tabs; tells `tab:change`.

import { emit } from "../lib/dom.js"

customElements.define("tab-list", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", event => this.choose(event.target.closest("[role=tab]")))
    this.addEventListener("keydown", event => this.#pressed(event))
    this.#show(this.chosen)
  }

  get tabs() { return [...this.querySelectorAll("[role=tab]")] }
  get chosen() { return this.querySelector("[role=tab][aria-selected=true]") ?? this.tabs[0] }

  choose(tab) {
    if (!tab || tab === this.chosen) return
    this.#show(tab)
    emit(this, "tab:change", { tab, name: tab.value || tab.getAttribute("aria-controls") })
  }

  #show(chosen) {
    for (const tab of this.tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen))
      tab.tabIndex = tab === chosen ? 0 : -1
      const panel = document.getElementById(tab.getAttribute("aria-controls"))
      // Several tabs may steer one panel (a composer's reply and note); it stays.
      if (panel) panel.hidden = panel.id !== chosen.getAttribute("aria-controls")
    }
  }

  #pressed(event) {
    const { tabs } = this
    const at = tabs.indexOf(document.activeElement)
    const step = getComputedStyle(this).direction === "rtl" ? -1 : 1
    const to = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: -1 }[event.key]
    if (at < 0 || to === undefined) return
    event.preventDefault()
    const tab = tabs.at(to % tabs.length)
    tab.focus()
    this.choose(tab)
  }
})

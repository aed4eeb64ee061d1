// <tool-tip>, one for the page: shows data-tip (and the key of data-key) of what the pointer rests on, or the keyboard reaches.

import { make } from "../lib/dom.js"
import { printKey } from "../lib/keys.js"
import { place } from "../lib/place.js"

const PAUSE = 400

customElements.define("tool-tip", class extends HTMLElement {
  #timer
  #for = null

  connectedCallback() {
    this.popover = "manual"
    this.setAttribute("aria-hidden", "true")
    document.addEventListener("pointerover", event => event.pointerType === "mouse" && this.#wait(event.target, PAUSE))
    document.addEventListener("focusin", event => event.target.matches(":focus-visible") ? this.#wait(event.target, PAUSE) : this.hide())
    for (const name of ["focusout", "pointerdown", "keydown"]) document.addEventListener(name, () => this.hide(), true)
    document.addEventListener("scroll", () => this.hide(), { capture: true, passive: true })
  }

  #wait(target, pause) {
    const wanted = target.closest?.("[data-tip]") ?? null
    if (wanted === this.#for) return
    this.hide()
    if (!(this.#for = wanted)) return
    this.#timer = setTimeout(() => this.#show(wanted), pause)
  }

  #show(element) {
    if (!element.isConnected || !element.checkVisibility()) return
    const key = element.dataset.key
    this.replaceChildren(element.dataset.tip, ...(key ? [make("kbd", { class: "kbd" }, printKey(key))] : []))
    this.showPopover()
    place(this, element, "centre")
  }

  hide() {
    clearTimeout(this.#timer)
    this.#for = null
    if (this.matches(":popover-open")) this.hidePopover()
  }
})

// <toast-stack> shows what was done and takes it away after a while, except what has data-stays; never while it is looked at or
// used. It stands above dialogs. Scripts add one with the event `toast` (lib/dom.js), answers by appending to #toasts.

import { make } from "../lib/dom.js"
import { icon } from "../lib/icon.js"

const SHOWN_FOR = 6_000
const AT_ONCE = 3

customElements.define("toast-stack", class extends HTMLElement {
  #leaving = new AbortController()

  connectedCallback() {
    this.popover = "manual"
    this.showPopover()
    new MutationObserver(changes => this.#changed(changes)).observe(this, { childList: true })
    const { signal } = this.#leaving = new AbortController()
    document.addEventListener("toast", event => this.add(event.detail), { signal })
    this.addEventListener("click", event => this.#acted(event.target.closest(".toast-action")), { signal })
    for (const toast of this.children) this.#count(toast)
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  add({ text, icon: sign = "done", look = "", stays = false, key = "", action = null }) {
    const button = action && make("button", { type: "button", class: "toast-action" }, action.text)
    button?.addEventListener("click", action.run)
    const toast = make("div", { class: look ? `toast toast-${look}` : "toast", "data-stays": stays, "data-toast-key": key || null, role: look === "danger" ? "alert" : null }, icon(sign), make("span", {}, text), ...(button ? [button] : []))
    if (key) this.drop(key)
    this.append(toast)
    return toast
  }

  drop(key) {
    this.querySelector(`[data-toast-key="${CSS.escape(key)}"]`)?.remove()
  }

  #changed(changes) {
    const added = changes.flatMap(change => [...change.addedNodes]).filter(node => node.nodeType === Node.ELEMENT_NODE)
    if (!added.length) return
    this.hidePopover()
    this.showPopover()
    for (const toast of added) this.#count(toast)
    const passing = [...this.querySelectorAll(":scope > .toast:not([data-stays])")]
    for (const toast of passing.slice(0, -AT_ONCE)) toast.remove()
  }

  // htmx puts nothing on the page for a button that has left it: a toast that asked the server something only hides.
  #acted(button) {
    const toast = button?.closest(".toast")
    if (button?.hasAttribute("data-htmx-powered")) toast.classList.add("toast-done")
    else toast?.remove()
  }

  #count(toast) {
    if (toast.hasAttribute("data-stays")) return
    setTimeout(() => toast.matches(":hover, :focus-within") && !toast.matches(".toast-done") ? this.#count(toast) : toast.remove(), SHOWN_FOR)
  }
})

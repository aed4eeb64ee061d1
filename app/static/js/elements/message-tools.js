// <message-tools> holds the tools of a message, once for a whole thread: they move to the message that is pointed at or focused. In the
// thread, the arrow keys go from message to message.

import { emit, toast } from "../lib/dom.js"

customElements.define("message-tools", class extends HTMLElement {
  #leaving = new AbortController()

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    this.tools ??= this.firstElementChild
    this.thread = this.parentElement.querySelector("message-thread")
    this.thread.addEventListener("pointerover", event => event.pointerType === "mouse" && this.#move(event.target), { signal })
    this.thread.addEventListener("pointerleave", () => this.tools.contains(document.activeElement) || this.append(this.tools), { signal })
    this.thread.addEventListener("focusin", event => this.#move(event.target), { signal })
    this.thread.addEventListener("keydown", event => this.#pressed(event), { signal })
    this.tools.addEventListener("click", event => this.#clicked(event), { signal })
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  #move(target) {
    const body = target.closest?.(".message:not(.is-sending)")?.querySelector(":scope > .message-body")
    if (body && this.tools.parentElement !== body) body.append(this.tools)
  }

  #pressed(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return
    const all = [...this.thread.querySelectorAll(".message")]
    const at = all.indexOf(document.activeElement.closest(".message"))
    const next = at < 0 ? all.at(-1) : all[at + step]
    if (!next) return
    event.preventDefault()
    next.tabIndex = -1
    next.addEventListener("blur", () => next.removeAttribute("tabindex"), { once: true })
    next.focus({ preventScroll: true })
    next.scrollIntoView({ block: "nearest" })
  }

  #clicked(event) {
    const message = this.tools.closest(".message")
    if (!message) return
    const words = textOf(message)
    if (event.target.closest("[data-answers]")) emit(document, "message:answer", { id: message.id.slice(8), name: nameOf(message), words: words || "an attachment" })
    if (event.target.closest("[data-copies]")) navigator.clipboard?.writeText(words).then(() => toast("Copied", { icon: "copy", key: "copied" }))
  }
})

function nameOf(message) {
  return message.querySelector(".message-meta > [dir]")?.textContent ?? ""
}

function textOf(message) {
  const bubble = message.querySelector(".bubble")?.cloneNode(true)
  bubble?.querySelectorAll(".note-head, .quoted").forEach(part => part.remove())
  return bubble?.innerText.trim() ?? ""
}

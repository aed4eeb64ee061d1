// What <modal-dialog> and <side-drawer> have in common: open by name, close by button, backdrop, Escape, and tell of it.

import { emit } from "./dom.js"

export class DialogHost extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", event => this.#click(event))
    this.addEventListener("close", event => this.#closed(event), true)
    // One that an answer brought is opened by arriving, and leaves when closed.
    if (this.dialog?.hasAttribute("data-open")) this.open()
  }

  get dialog() {
    return this.querySelector(":scope > dialog")
  }

  open() {
    if (!this.dialog || this.dialog.open) return
    this.dialog.showModal()
    // Not autofocus: htmx would give it the focus again with every morph around it.
    this.dialog.querySelector("[data-first]")?.focus()
    emit(this, "dialog:opened")
  }

  close() {
    this.dialog?.close()
  }

  #click(event) {
    const onBackdrop = event.target === this.dialog && !within(this.dialog.getBoundingClientRect(), event)
    if (onBackdrop || event.target.closest("[data-closes]")) this.close()
  }

  #closed(event) {
    if (event.target !== this.dialog) return
    emit(this, "dialog:closed")
    if (this.dialog.hasAttribute("data-open")) this.remove()
  }
}

function within(box, { clientX, clientY }) {
  // A press of Enter on a button in the dialog also is a click, at 0, 0.
  return (!clientX && !clientY) || (clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom)
}

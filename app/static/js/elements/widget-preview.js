// <widget-preview for="id of a form" source="/…/preview">: the widget as the form has it, a moment after each change. The next page is
// loaded behind the one that shows, so that nothing flickers.

import { make } from "../lib/dom.js"

const PAUSE = 250

customElements.define("widget-preview", class extends HTMLElement {
  #timer

  connectedCallback() {
    const form = document.getElementById(this.getAttribute("for"))
    form?.addEventListener("input", () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#load(form), PAUSE)
    })
    if (form) this.#load(form)
  }

  disconnectedCallback() {
    clearTimeout(this.#timer)
  }

  #load(form) {
    const said = new URLSearchParams(new FormData(form))
    for (const name of ["greeting_message", "allowed_domains", "website_url"]) said.delete(name)
    const theme = document.documentElement.dataset.theme
    if (theme) said.set("theme", theme)
    const next = make("iframe", { title: this.getAttribute("label"), tabindex: -1, class: "is-coming", src: `${this.getAttribute("source")}?${said}` })
    for (const coming of this.querySelectorAll(".is-coming")) coming.remove()
    next.addEventListener("load", () => {
      if (!next.isConnected) return
      next.classList.remove("is-coming")
      for (const other of this.querySelectorAll("iframe")) if (other !== next) other.remove()
    })
    this.append(next)
  }
})

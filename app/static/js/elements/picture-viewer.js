// <picture-viewer>, one for a thread: shows its pictures (a[data-picture]) large, over the page; arrows go from one to the next, Escape closes.

import { make } from "../lib/dom.js"
import { icon } from "../lib/icon.js"

customElements.define("picture-viewer", class extends HTMLElement {
  #leaving = new AbortController()
  #at = 0
  #from = null

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    this.parentElement.addEventListener("click", event => this.#clicked(event), { signal })
  }

  disconnectedCallback() {
    this.#leaving.abort()
    this.querySelector("dialog")?.remove()
  }

  get #pictures() { return [...this.parentElement.querySelectorAll("a[data-picture]")] }

  #clicked(event) {
    const link = event.target.closest("a[data-picture]")
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    this.#from = link
    this.#open(this.#pictures.indexOf(link))
  }

  #open(at) {
    const dialog = this.querySelector("dialog") ?? this.#built()
    if (!dialog.open) dialog.showModal()
    this.#show(at)
  }

  #built() {
    const button = (name, sign, words, run) => {
      const made = make("button", { type: "button", class: `viewer-button ${name}`, "aria-label": words }, icon(sign, "l"))
      made.addEventListener("click", run)
      return made
    }
    const dialog = make("dialog", { class: "viewer", "aria-label": "Picture" },
      make("header", { class: "viewer-head" }, make("p", { class: "viewer-name truncate", "aria-live": "polite" }),
        make("a", { class: "viewer-button", target: "_blank", rel: "noopener", "aria-label": "Open the original" }, icon("external", "l")),
        make("a", { class: "viewer-button viewer-save", "aria-label": "Download" }, icon("download", "l")),
        button("viewer-close", "x", "Close", () => dialog.close())),
      make("img", { class: "viewer-picture" }),
      button("viewer-back", "left", "The picture before", () => this.#show(this.#at - 1)),
      button("viewer-on", "right", "The next picture", () => this.#show(this.#at + 1)))
    dialog.addEventListener("keydown", event => this.#pressed(event))
    dialog.addEventListener("click", event => event.target === dialog && dialog.close())
    dialog.addEventListener("close", () => this.#closed())
    this.append(dialog)
    return dialog
  }

  #pressed(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    // The desk's own keys are not meant while a picture covers it.
    event.stopPropagation()
    if (!step) return
    event.preventDefault()
    this.#show(this.#at + step)
  }

  #show(at) {
    const pictures = this.#pictures
    if (at < 0 || at >= pictures.length) return
    this.#at = at
    const name = pictures[at].querySelector("img").alt
    const dialog = this.querySelector("dialog")
    const shown = dialog.querySelector("img")
    shown.src = pictures[at].href
    shown.alt = name
    dialog.querySelector(".viewer-name").textContent = pictures.length > 1 ? `${name} · ${at + 1} of ${pictures.length}` : name
    for (const link of dialog.querySelectorAll("a")) link.href = pictures[at].href
    dialog.querySelector(".viewer-save").setAttribute("download", name)
    dialog.querySelector(".viewer-back").hidden = at === 0
    dialog.querySelector(".viewer-on").hidden = at === pictures.length - 1
    this.#from = pictures[at]
  }

  #closed() {
    this.querySelector("img").removeAttribute("src")
    this.#from?.focus()
  }
})

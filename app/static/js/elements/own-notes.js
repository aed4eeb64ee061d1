// <own-notes data-me="7" data-all>: shows the button that deletes a note to its author, and, with data-all, to an administrator. The notes
// themselves are the same for everyone, as they are also pushed.

customElements.define("own-notes", class extends HTMLElement {
  #watching = new MutationObserver(() => this.#show())

  connectedCallback() {
    this.#watching.observe(this, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden"] })
    this.#show()
  }

  disconnectedCallback() {
    this.#watching.disconnect()
  }

  #show() {
    for (const button of this.querySelectorAll("[data-author]")) {
      const hidden = !("all" in this.dataset) && button.dataset.author !== this.dataset.me
      if (button.hidden !== hidden) button.hidden = hidden
    }
  }
})

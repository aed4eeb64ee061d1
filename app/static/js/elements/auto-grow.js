// <auto-grow><textarea>: as tall as its words, up to its CSS max-height. Browsers that size fields by content need no help.

const native = CSS.supports("field-sizing", "content")

customElements.define("auto-grow", class extends HTMLElement {
  connectedCallback() {
    if (native) return
    this.addEventListener("input", this)
    this.closest("form")?.addEventListener("reset", () => queueMicrotask(() => this.handleEvent()))
    this.handleEvent()
  }

  handleEvent() {
    const field = this.querySelector("textarea")
    if (!field) return
    field.style.height = "auto"
    field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`
  }
})

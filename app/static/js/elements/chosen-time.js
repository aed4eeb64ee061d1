// <chosen-time> around a form with a datetime-local field and a hidden one: the hidden one gets the moment, in UTC; closes its dialog.

customElements.define("chosen-time", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", () => this.#take())
    this.addEventListener("htmx:after:request", () => this.closest("dialog")?.close())
    this.closest("modal-dialog")?.addEventListener("dialog:opened", () => this.#offer())
  }

  get local() { return this.querySelector("[type=datetime-local]") }

  #offer() {
    const now = new Date()
    this.local.min = written(now)
    this.local.value = written(new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9))
    this.#take()
  }

  #take() {
    const moment = new Date(this.local.value)
    this.querySelector("[type=hidden]").value = isNaN(moment) ? "" : moment.toISOString()
  }
})

function written(moment) {
  return new Date(moment - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

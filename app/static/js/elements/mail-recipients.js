// <mail-recipients src="…/recipients">: whom an answer by mail goes to, shown before it is sent. It follows the mail that is answered until
// somebody changes it by hand; then it stays as they left it.

import { make } from "../lib/dom.js"

customElements.define("mail-recipients", class extends HTMLElement {
  #leaving = new AbortController()
  #watch = new MutationObserver(records => this.#came(records))
  #isOwn = false

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    this.addEventListener("recipients:changed", () => this.#changed(), { signal })
    this.addEventListener("click", event => this.#clicked(event), { signal })
    document.addEventListener("message:answer", event => this.follow(event.detail.id), { signal })
    const list = document.querySelector("message-thread ol")
    if (list && this.hasAttribute("src")) this.#watch.observe(list, { childList: true })
    customElements.whenDefined("recipient-field").then(() => this.#dress())
  }

  disconnectedCallback() {
    this.#leaving.abort()
    this.#watch.disconnect()
  }

  get fields() { return [...this.querySelectorAll("recipient-field")] }
  get values() { return this.fields.flatMap(field => field.values.map(one => [field.name, one])) }

  // Whether it can be sent: somebody to send to, and nothing that is no address. If not, it says so and goes there.
  ready() {
    for (const field of this.fields) field.take()
    const bad = this.fields.find(field => !field.isGood)
    const isEmpty = !this.values.length
    this.#says(bad ? "One of these is not an e-mail address." : isEmpty ? "Say to whom it goes." : "", true)
    if (bad || isEmpty) (bad ?? this.fields[0]).input.focus()
    return !bad && !isEmpty
  }

  async follow(message = "") {
    if (!this.hasAttribute("src") || this.#isOwn) return
    const answer = await fetch(`${this.getAttribute("src")}?${new URLSearchParams(message ? { answer: message } : {})}`, { headers: { "HX-Request": "true" } }).catch(() => null)
    if (!answer?.ok || this.#isOwn || !this.isConnected) return
    const template = make("template")
    template.innerHTML = await answer.text()
    const fresh = template.content.querySelector("mail-recipients")
    if (!fresh) return
    this.dataset.sender = fresh.dataset.sender
    this.replaceChildren(...fresh.children)
    this.#dress()
  }

  reset() {
    this.#isOwn = false
    this.follow()
  }

  #came(records) {
    const isFresh = records.some(record => [...record.addedNodes].some(node => node.matches?.("li[data-kind=in]") && !node.nextElementSibling))
    if (isFresh) this.follow()
  }

  #changed() {
    this.#isOwn = true
    this.#dress()
  }

  #clicked(event) {
    const { shows, only } = event.target.closest("[data-shows], [data-only]")?.dataset ?? {}
    if (shows) this.#show(this.querySelector(`[name=${shows}]`), event.target.closest("[data-shows]"))
    if (only !== undefined) this.#only()
  }

  #show(field, button) {
    field.hidden = false
    button.hidden = true
    field.input.focus()
  }

  // Only to who wrote the mail; pressed again, to all again.
  #only() {
    const button = this.querySelector("[data-only]")
    const isOnly = button.getAttribute("aria-pressed") !== "true"
    for (const field of this.fields) {
      field.kept ??= field.values
      field.set(isOnly ? (field.name === "to_emails" ? [this.dataset.sender] : []) : field.kept)
    }
    button.setAttribute("aria-pressed", String(isOnly))
    this.#isOwn = true
    this.#dress()
  }

  #dress() {
    for (const field of this.fields) {
      if (field.values.length) field.hidden = false
      const button = this.querySelector(`[data-shows=${field.name}]`)
      if (button) button.hidden = !field.hidden
    }
    const strangers = this.hasAttribute("warns") ? this.fields.flatMap(field => field.strangers) : []
    this.#says(strangers.length ? `${strangers.join(", ")} ${strangers.length === 1 ? "was" : "were"} not on the mail you answer.` : "", false)
  }

  #says(words, isBad) {
    const line = this.querySelector("[data-says]")
    if (!line) return
    line.hidden = !words
    line.classList.toggle("is-bad", isBad)
    line.lastElementChild.textContent = words
  }
})

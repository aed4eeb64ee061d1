// <template-picker path="…">: finds templates as one types, walks them with arrows, fills one in with the message beside it, and tells
// `template:filled` with its words, what fills it, and the file that goes along.

import { emit, make } from "../lib/dom.js"

const WAITS = 180

customElements.define("template-picker", class extends HTMLElement {
  #timer
  #asked = 0

  connectedCallback() {
    this.addEventListener("input", event => event.target === this.field ? this.#searches() : this.#fills())
    this.addEventListener("change", () => this.#fills())
    this.addEventListener("keydown", event => this.#pressed(event))
    this.addEventListener("click", event => this.#clicked(event))
    this.addEventListener("submit", event => this.#submitted(event))
  }

  get field() { return this.querySelector("input[type=search]") }
  get form() { return this.querySelector("form") }
  get items() { return [...this.querySelectorAll("[data-template]")] }

  #searches() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#bring(`found?q=${encodeURIComponent(this.field.value.trim())}`, "[data-found]"), WAITS)
  }

  async #bring(what, where) {
    const turn = ++this.#asked
    const answer = await fetch(`${this.getAttribute("path")}/${what}`, { headers: { "HX-Request": "true" } }).catch(() => null)
    if (turn !== this.#asked) return false
    const page = make("template")
    page.innerHTML = answer?.ok ? await answer.text() : `<p class="templates-none">This could not be fetched. Try again in a moment.</p>`
    this.querySelector(where).replaceChildren(page.content)
    return Boolean(answer?.ok)
  }

  #pressed(event) {
    const { items } = this
    const at = items.indexOf(document.activeElement)
    if (event.target === this.field && event.key === "Enter") return event.preventDefault(), items[0]?.click()
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step || (at < 0 && event.target !== this.field)) return
    event.preventDefault()
    const next = at + step
    ;(next < 0 ? this.field : items[Math.min(next, items.length - 1)])?.focus()
  }

  async #clicked(event) {
    if (event.target.closest("[data-back]")) return this.#back()
    const item = event.target.closest("[data-template]")
    if (!item) return
    for (const each of this.items) each === item ? each.setAttribute("aria-current", "true") : each.removeAttribute("aria-current")
    if (!await this.#bring(item.dataset.template, "[data-filled]")) return
    this.classList.add("is-filling")
    const first = this.form?.querySelector("input") ?? this.form?.querySelector("[type=submit]")
    first?.focus()
  }

  #back() {
    this.classList.remove("is-filling")
    const item = this.querySelector("[data-template][aria-current]")
    this.querySelector("[data-filled]").replaceChildren(make("p", { class: "templates-none" }, "Choose a template to fill it in."))
    for (const each of this.items) each.removeAttribute("aria-current")
    ;(item ?? this.field).focus()
  }

  #fills() {
    if (!this.form) return
    for (const mark of this.form.querySelectorAll("[data-blank]")) {
      const value = this.form.elements[mark.dataset.blank]?.value.trim() ?? ""
      mark.textContent = value || mark.dataset.sign
      mark.classList.toggle("is-filled", Boolean(value))
    }
    const name = this.form.querySelector("[data-media-name]")
    const media = this.#media
    if (name && media) name.textContent = media.file?.name || media.url || name.textContent
  }

  get #media() {
    const file = this.form.querySelector("input[type=file]")
    return file && { file: file.files[0], url: this.form.querySelector("input[type=url]").value.trim() }
  }

  #submitted(event) {
    event.preventDefault()
    const media = this.#media
    if (media && !media.file && !media.url) return this.#refuse("Choose a file, or give its address.")
    const files = media?.file ? [media.file] : []
    emit(document, "template:filled", { content: this.#words, template: { key: this.form.dataset.key, params: this.#params(media) }, files })
    this.closest("modal-dialog").close()
  }

  #refuse(words) {
    const line = this.form.querySelector("[data-wrong]")
    line.hidden = false
    line.textContent = words
    this.form.querySelector("input[type=file]").focus()
  }

  #params(media) {
    const params = { header: {}, body: {}, buttons: [] }
    for (const field of this.form.querySelectorAll("input:not([type=file], [type=url])")) {
      const [part, name] = field.name.split(/\.(.*)/)
      if (part === "buttons") params.buttons[Number(name)] = { parameter: field.value.trim() }
      else params[part][name] = field.value.trim()
    }
    if (media && !media.file) params.header.media_url = media.url
    params.buttons = Array.from(this.form.querySelectorAll(".template-button"), (_, at) => params.buttons[at] ?? null)
    return params
  }

  get #words() {
    return [...this.form.querySelectorAll("[data-said] > p")].map(line => line.textContent.trim()).filter(Boolean).join("\n\n")
  }
})

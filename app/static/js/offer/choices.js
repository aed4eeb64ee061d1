// The choices below a question: one line each. Enter goes on to the next, Backspace in an empty one takes it off.

import { emit, make } from "../lib/dom.js"
import { icon } from "../lib/icon.js"

export class Choices {
  constructor({ mostChoices, longestChoice }, typed) {
    this.most = mostChoices
    this.longest = longestChoice
    this.list = make("ol", { class: "offer-choices" })
    this.adds = make("button", { type: "button", class: "text-button offer-adds" }, icon("plus", "s"), " Add a choice")
    this.node = make("div", { class: "offer-body" }, this.list, this.adds)
    this.node.addEventListener("click", event => this.#clicked(event))
    this.node.addEventListener("keydown", event => this.#pressed(event))
    const words = Array.isArray(typed) && typed.length ? typed : ["", ""]
    for (const each of words.slice(0, this.most)) this.#add(String(each))
  }

  get about() { return `Up to ${this.most}${this.longest < 100 ? `, ${this.longest} characters each` : ""}` }
  get fields() { return [...this.list.querySelectorAll("input")] }
  get typed() { return this.fields.map(field => field.value) }
  get value() { return { items: this.#filled.map(title => ({ title, value: title })) } }
  get #filled() { return this.typed.map(words => words.trim()).filter(Boolean) }

  focus() {
    (this.fields.find(field => !field.value) ?? this.fields[0]).focus()
  }

  wrong() {
    const filled = this.#filled
    if (!filled.length) return { words: "Write at least one choice.", field: this.fields[0] }
    const again = this.fields.find((field, at) => field.value.trim() && this.typed.slice(0, at).some(words => words.trim() === field.value.trim()))
    return again ? { words: "This choice is there twice.", field: again } : null
  }

  entered(field) {
    const next = this.fields[this.fields.indexOf(field) + 1]
    if (next) next.focus()
    else if (field.value.trim()) this.#add("")?.focus()
  }

  #add(words) {
    if (this.fields.length >= this.most) return null
    const number = this.fields.length + 1
    const field = make("input", { class: "input", type: "text", value: words, maxlength: this.longest, dir: "auto", autocomplete: "off", "aria-label": `Choice ${number}`, placeholder: `Choice ${number}` })
    this.list.append(make("li", {}, field, make("button", { type: "button", class: "icon-button", tabindex: -1, "aria-label": `Take choice ${number} off` }, icon("x", "s"))))
    this.#arrange()
    return field
  }

  #arrange() {
    for (const [at, field] of this.fields.entries()) {
      field.placeholder = `Choice ${at + 1}`
      field.setAttribute("aria-label", `Choice ${at + 1}`)
      field.nextElementSibling.setAttribute("aria-label", `Take choice ${at + 1} off`)
      field.nextElementSibling.hidden = this.fields.length === 1
    }
    this.adds.hidden = this.fields.length >= this.most
    emit(this.node, "list:changed")
  }

  #remove(field) {
    const at = this.fields.indexOf(field)
    if (this.fields.length === 1) return
    field.closest("li").remove()
    this.#arrange()
    this.fields[Math.max(at - 1, 0)].focus()
  }

  #clicked(event) {
    if (event.target.closest(".offer-adds")) this.#add("")?.focus()
    const drop = event.target.closest("li > .icon-button")
    if (drop) this.#remove(drop.previousElementSibling)
  }

  #pressed(event) {
    if (event.key !== "Backspace" || event.target.value || !event.target.matches("input")) return
    event.preventDefault()
    this.#remove(event.target)
  }
}

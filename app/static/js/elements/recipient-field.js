// <recipient-field name="to_emails" known="a b">: addresses as chips in one line, typed, pasted, taken away and walked through with the
// keyboard. One who is not among the `known` is marked. Tells `recipients:changed`.

import { addresses, isAddress } from "../lib/addresses.js"
import { emit, make, toast } from "../lib/dom.js"
import { icon } from "../lib/icon.js"

const MOST = 50

customElements.define("recipient-field", class extends HTMLElement {
  connectedCallback() {
    for (const name of ["keydown", "paste", "focusout", "click", "input"]) this.addEventListener(name, this)
  }

  disconnectedCallback() {
    for (const name of ["keydown", "paste", "focusout", "click", "input"]) this.removeEventListener(name, this)
  }

  get input() { return this.querySelector("input") }
  get list() { return this.querySelector("ul") }
  get chips() { return [...this.list.children] }
  get name() { return this.getAttribute("name") }
  get values() { return this.chips.map(chip => chip.dataset.address) }
  get isGood() { return this.values.every(isAddress) && !this.input.value.trim() }
  get strangers() { return this.values.filter(one => !this.#known.has(one)) }
  get #known() { return new Set((this.getAttribute("known") ?? "").split(" ").filter(Boolean)) }

  handleEvent(event) {
    if (event.type === "paste") this.#pasted(event)
    if (event.type === "keydown") this.#pressed(event)
    if (event.type === "focusout" && event.target === this.input) this.take()
    if (event.type === "input") this.input.removeAttribute("aria-invalid")
    if (event.type === "click") this.#clicked(event)
  }

  // What is typed becomes chips; what is no address stays, and is marked.
  take() {
    const typed = this.input.value.trim()
    if (!typed) return
    const found = addresses(typed)
    if (!found.length) return this.input.setAttribute("aria-invalid", "true")
    this.input.value = ""
    this.add(found)
  }

  add(several) {
    const fresh = several.filter(one => !this.values.includes(one))
    if (this.values.length + fresh.length > MOST) toast(`A mail goes to ${MOST} people at the most.`, { icon: "alert", look: "danger", key: "recipients" })
    for (const one of fresh.slice(0, MOST - this.values.length)) this.list.append(this.#chip(one))
    emit(this, "recipients:changed")
  }

  set(several) {
    this.list.replaceChildren(...several.map(one => this.#chip(one)))
    this.input.value = ""
  }

  #chip(address) {
    const isStrange = !this.#known.has(address)
    const isBad = !isAddress(address)
    const words = isBad ? `${address}, not an address` : isStrange ? `${address}, was not on this mail` : address
    const remove = make("button", { type: "button", class: "chip-remove", tabindex: -1, "aria-label": `Remove ${address}` }, icon("x", "s"))
    const marks = isBad ? [icon("alert", "s")] : isStrange && this.hasAttribute("warns") ? [icon("warning", "s")] : []
    const look = isBad ? "is-bad" : marks.length ? "is-new" : ""
    return make("li", { class: `chip recipient-chip ${look}`.trim(), tabindex: -1, "data-address": address, "aria-label": words, "data-tip": marks.length ? words : null }, ...marks, make("span", { class: "truncate" }, address), remove)
  }

  #pasted(event) {
    const found = addresses(event.clipboardData?.getData("text/plain") ?? "")
    if (event.target !== this.input || !found.length) return
    event.preventDefault()
    this.input.setRangeText("")
    this.add(found)
  }

  #pressed(event) {
    if (event.isComposing) return
    if (event.target === this.input) return this.#typed(event)
    const chip = event.target.closest("li")
    if (!chip) return
    const side = getComputedStyle(this).direction === "rtl" ? -1 : 1
    const step = { ArrowLeft: -side, ArrowRight: side }[event.key]
    if (step) this.#go(event, this.chips[this.chips.indexOf(chip) + step] ?? (step === side ? this.input : chip))
    if (event.key === "Delete" || event.key === "Backspace") event.preventDefault(), this.#drop(chip)
  }

  #typed(event) {
    const atStart = this.input.selectionStart === 0 && this.input.selectionEnd === 0
    const ends = ["Enter", ",", ";"].includes(event.key) || (event.key === " " && isAddress(this.input.value.trim()))
    if (ends && (this.input.value.trim() || event.key !== "Enter")) event.preventDefault(), this.take()
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault()
    if ((event.key === "Backspace" || event.key === "ArrowLeft") && atStart && this.chips.length) this.#go(event, this.chips.at(-1))
  }

  #go(event, element) {
    event.preventDefault()
    element.focus()
  }

  #drop(chip) {
    const next = chip.nextElementSibling ?? chip.previousElementSibling ?? this.input
    chip.remove()
    next.focus()
    emit(this, "recipients:changed")
  }

  #clicked(event) {
    const remove = event.target.closest(".chip-remove")
    if (remove) this.#drop(remove.closest("li"))
    else if (!event.target.closest("li, button, a")) this.input.focus()
  }
})

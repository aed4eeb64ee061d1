// <answer-window length="86400" late="604800" last="…">: how long the customer can still be answered. Counts down, begins anew when they
// write, and tells `window:changed` with its state: open, late or closed. Lengths are in seconds.

import { emit, make } from "../lib/dom.js"

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR
const SOON = HOUR

customElements.define("answer-window", class extends HTMLElement {
  #timer
  #watch = new MutationObserver(() => this.#look())

  connectedCallback() {
    const list = document.querySelector("message-thread ol")
    if (list) this.#watch.observe(list, { childList: true })
    this.#look()
  }

  disconnectedCallback() {
    this.#watch.disconnect()
    clearTimeout(this.#timer)
  }

  get state() { return this.dataset.state ?? "" }

  // The customer's newest message is what counts, also one that has just come.
  #look() {
    const newest = [...document.querySelectorAll("message-thread li[data-kind=in]")].at(-1)?.dataset.at
    if (newest && !(new Date(newest) <= new Date(this.getAttribute("last")))) this.setAttribute("last", newest)
    this.#tick()
  }

  #tick() {
    clearTimeout(this.#timer)
    const { state, closes } = this.#now()
    this.#show(state, closes)
    if (state !== this.state) {
      this.dataset.state = state
      emit(this, "window:changed", { state })
    }
    if (state !== "closed") this.#timer = setTimeout(() => this.#tick(), Math.min(MINUTE / 2, Math.max(SECOND, closes - Date.now())))
  }

  #now() {
    const last = Date.parse(this.getAttribute("last"))
    if (Number.isNaN(last)) return { state: "closed", closes: 0 }
    const ends = ["length", "late"].map(name => last + Number(this.getAttribute(name) ?? 0) * SECOND)
    if (Date.now() < ends[0]) return { state: "open", closes: ends[0] }
    return Date.now() < ends[1] ? { state: "late", closes: ends[1] } : { state: "closed", closes: ends[0] }
  }

  #show(state, closes) {
    this.classList.toggle("is-soon", state !== "closed" && closes - Date.now() < SOON)
    if (state === "closed") return this.replaceChildren()
    const isLate = state === "late"
    this.title = isLate ? `The usual time to answer is over. Until ${at(closes)} an answer is taken that is marked as a person’s own, as this one is.` : ""
    const line = isLate
      ? [make("span", { class: "only-wide" }, "Goes out as a "), make("span", { class: "only-narrow" }, "A "), "personal answer, ", left(closes), " left"]
      : [make("span", { class: "only-wide" }, `Answers are taken until ${at(closes)} (`), left(closes), make("span", { class: "only-narrow" }, " left to answer"), make("span", { class: "only-wide" }, ")")]
    this.replaceChildren(...line)
  }
})

function at(moment) {
  const language = document.documentElement.lang && document.documentElement.lang !== "en" ? document.documentElement.lang : "en-GB"
  const day = moment - Date.now() > 20 * HOUR ? { weekday: "short", day: "numeric", month: "short" } : {}
  return new Date(moment).toLocaleString(language, { hour: "2-digit", minute: "2-digit", ...day })
}

function left(moment) {
  const minutes = Math.max(1, Math.ceil((moment - Date.now()) / MINUTE))
  if (minutes < 60) return `${minutes} min`
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`
  return `${Math.floor((minutes * MINUTE) / DAY)} days`
}

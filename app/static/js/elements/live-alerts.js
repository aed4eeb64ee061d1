// <live-alerts>: a short tone and the browser's own notification for a customer's message that nobody is looking at; each can be turned
// off in one's menu, by [data-habit].

import { emit, toast } from "../lib/dom.js"
import { desk, isWatched, keep, me } from "../lib/inbox.js"

const NOTES = [[659, 0], [880, 0.11]]
const QUIET = 2_000

customElements.define("live-alerts", class extends HTMLElement {
  #leaving = new AbortController()
  #sound = null
  #rang = 0

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    document.addEventListener("live:incoming", event => this.#arrived(event.detail.row), { signal })
    document.addEventListener("click", event => this.#clicked(event.target.closest?.("[data-habit]")), { signal })
    // Browsers let a page sound only once someone has touched it.
    document.addEventListener("pointerdown", () => this.#wake(), { signal, once: true })
    document.addEventListener("keydown", () => this.#wake(), { signal, once: true })
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  #wake() {
    this.#sound ??= new AudioContext()
  }

  #arrived(row) {
    const { assignee } = row.dataset
    const link = row.querySelector(".conversation-name")
    if ((assignee && assignee !== me()) || (isWatched() && link.pathname === location.pathname)) return
    emit(document, "alerts:rang", { row: row.id })
    if (desk().dataset.sounds === "true") this.ring()
    if (desk().dataset.notifies === "true" && !isWatched()) this.#notify(row, link)
  }

  ring() {
    if (!this.#sound || Date.now() - this.#rang < QUIET) return
    this.#rang = Date.now()
    const { currentTime, destination } = this.#sound
    for (const [frequency, after] of NOTES) {
      const [tone, loudness] = [this.#sound.createOscillator(), this.#sound.createGain()]
      const begin = currentTime + after
      tone.frequency.value = frequency
      loudness.gain.setValueAtTime(0, begin)
      loudness.gain.linearRampToValueAtTime(0.08, begin + 0.015)
      loudness.gain.exponentialRampToValueAtTime(0.0001, begin + 0.35)
      tone.connect(loudness).connect(destination)
      tone.start(begin)
      tone.stop(begin + 0.36)
    }
  }

  #notify(row, link) {
    if (!("Notification" in window) || Notification.permission !== "granted") return
    const words = row.querySelector(".conversation-text").textContent.trim()
    const shown = new Notification(link.textContent, { body: words.slice(0, 140), tag: row.id })
    shown.onclick = () => {
      window.focus()
      const here = document.getElementById(row.id)?.querySelector(".conversation-name")
      if (here) here.click()
      else location.assign(link.href)
      shown.close()
    }
  }

  async #clicked(item) {
    if (!item) return
    const isOn = item.getAttribute("aria-checked") !== "true"
    const { habit, on, off } = item.dataset
    if (habit === "notifies" && isOn && !(await this.#mayNotify())) return
    item.setAttribute("aria-checked", String(isOn))
    const value = isOn ? on : off
    desk().dataset[{ sends_with: "sendsWith" }[habit] ?? habit] = { 1: "true", 0: "false" }[value] ?? value
    keep({ [habit]: value })
    emit(document, "habit:changed", { habit })
    if (habit === "sounds" && isOn) this.ring()
  }

  async #mayNotify() {
    const answer = "Notification" in window ? await Notification.requestPermission() : "denied"
    if (answer !== "granted") toast("This browser does not let Parley notify you. Allow it in the browser's settings for this site.", { icon: "bell-off", look: "danger" })
    return answer === "granted"
  }
})

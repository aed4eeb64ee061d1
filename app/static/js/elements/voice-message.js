// <voice-message src wave="3 40 100 …" seconds size>: a sound with its wave drawn, played by one player for the whole page, so that it plays
// on when its bubble is drawn anew. Without a wave from the server it is decoded here, once it is seen.

import { make } from "../lib/dom.js"
import { icon } from "../lib/icon.js"
import { decoded, drawn } from "../lib/wave.js"

const DECODES_UP_TO = 8_000_000
const STEP = 5
const player = new Audio()
let playing = ""

customElements.define("voice-message", class extends HTMLElement {
  #leaving = new AbortController()
  #seconds = 0
  #watch

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    this.#seconds = Number(this.getAttribute("seconds")) || 0
    if (!this.button) this.#build()
    this.button.addEventListener("click", () => this.#toggle(), { signal })
    this.place.addEventListener("input", () => this.#seek(Number(this.place.value)), { signal })
    this.addEventListener("keydown", event => this.#pressed(event), { signal })
    for (const name of ["play", "pause", "timeupdate", "ended", "durationchange", "error", "emptied"]) player.addEventListener(name, event => this.#heard(event), { signal })
    const wave = (this.getAttribute("wave") ?? "").split(" ").map(Number).filter(Number.isFinite)
    if (wave.length > 2) this.#draw(wave)
    else this.#waitToBeSeen()
    this.#show()
  }

  disconnectedCallback() {
    this.#leaving.abort()
    this.#watch?.disconnect()
  }

  get button() { return this.querySelector(".voice-play") }
  get place() { return this.querySelector("input[type=range]") }
  get isMine() { return playing === this.getAttribute("src") }
  get at() { return this.isMine ? player.currentTime : 0 }

  #build() {
    this.querySelector("audio")?.remove()
    const button = make("button", { type: "button", class: "voice-play" }, icon("play", "s"))
    const wave = make("span", { class: "voice-wave" }, make("span", { class: "wave-shape" }), make("input", { type: "range", min: 0, max: 1, step: "any", value: 0, "aria-label": "Place in the recording" }))
    this.prepend(button, wave, make("span", { class: "voice-time" }))
  }

  #toggle() {
    if (!this.isMine) {
      playing = this.getAttribute("src")
      player.src = playing
    }
    if (player.paused) player.play().catch(() => {})
    else player.pause()
  }

  #seek(seconds) {
    if (!this.isMine) {
      playing = this.getAttribute("src")
      player.src = playing
    }
    player.currentTime = seconds
    this.#show()
  }

  // The space bar plays from anywhere in it; the arrows of the slider move by five seconds.
  #pressed(event) {
    const step = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP }[event.key]
    if (event.target !== this.place || (!step && event.key !== " ")) return
    event.preventDefault()
    event.stopPropagation()
    if (step) this.#seek(Math.max(0, Math.min(this.#seconds || Infinity, this.at + step)))
    else this.#toggle()
  }

  #heard(event) {
    if (this.isMine && event.type === "durationchange" && Number.isFinite(player.duration)) this.#seconds = player.duration
    if (this.isMine && event.type === "error") this.dataset.state = "broken"
    this.#show()
  }

  #show() {
    const isPlaying = this.isMine && !player.paused
    const { at } = this
    this.dataset.state = this.dataset.state === "broken" ? "broken" : isPlaying ? "playing" : "still"
    this.button.replaceChildren(icon(isPlaying ? "pause" : "play", "s"))
    this.button.setAttribute("aria-label", `${isPlaying ? "Pause" : "Play"} the recording${this.#seconds ? `, ${spoken(this.#seconds)}` : ""}`)
    this.place.max = this.#seconds || 1
    this.place.value = at
    this.place.setAttribute("aria-valuetext", `${clock(at)} of ${clock(this.#seconds)}`)
    this.style.setProperty("--played", `${this.#seconds ? Math.min(100, (100 * at) / this.#seconds) : 0}%`)
    this.querySelector(".voice-time").textContent = this.dataset.state === "broken" ? "Cannot be played" : this.#seconds || at ? clock(at || this.#seconds) : ""
  }

  #draw(wave) {
    this.querySelector(".wave-shape").replaceChildren(drawn(wave, "wave"), drawn(wave, "wave wave-played"))
  }

  #waitToBeSeen() {
    this.#draw([])
    if (Number(this.getAttribute("size")) > DECODES_UP_TO) return
    this.#watch = new IntersectionObserver(entries => entries.some(entry => entry.isIntersecting) && this.#decode())
    this.#watch.observe(this)
  }

  async #decode() {
    this.#watch.disconnect()
    const sound = await decoded(this.getAttribute("src")).catch(() => null)
    if (!sound || !this.isConnected) return
    this.#seconds ||= sound.seconds
    this.#draw(sound.wave)
    this.#show()
  }
})

function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds || 0))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`
}

function spoken(seconds) {
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} seconds` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

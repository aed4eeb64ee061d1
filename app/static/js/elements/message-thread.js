// <message-thread> keeps a thread in order: what is pushed takes the place of the same message or its own by sequence; it joins those of
// one sender, draws the lines between days, fetches older ones, catches up, and tells the server what was seen.

import { bubble } from "../lib/bubble.js"
import { emit, make } from "../lib/dom.js"
import { ask, desk, isWatched, me, nameMe, tell } from "../lib/inbox.js"
import { arrived, discard, retry, waiting } from "../lib/outbox.js"

const JOINED_WITHIN = 5 * 60_000
const NEAR = 800
const LOOKING_EVERY = 25_000

customElements.define("message-thread", class extends HTMLElement {
  #leaving = new AbortController()
  #isLoading = false
  #isLeftUnread = false
  #isLooking = false
  #known = 0
  #timer

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    this.#known = Number(this.dataset.version)
    this.changes = new MutationObserver(records => this.#changed(records))
    for (const said of waiting(this.dataset.conversation, this.dataset.path)) this.#shows(said)
    this.#arrange()
    this.changes.observe(this.list, { childList: true })
    document.addEventListener("outbox:changed", event => this.#shows(event.detail.said), { signal })
    this.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true })
    this.thread.addEventListener("click", event => this.#clicked(event), { signal })
    document.addEventListener("live:catch-up", event => event.detail.wait(this.catchUp()), { signal })
    document.addEventListener("live:troubles", () => ask(`${this.dataset.path}/notices`).catch(() => {}), { signal })
    document.addEventListener("htmx:after:swap", () => this.see(), { signal })
    document.addEventListener("visibilitychange", () => this.#look(), { signal })
    for (const name of ["focus", "blur"]) addEventListener(name, () => this.#look(), { signal })
    addEventListener("pagehide", () => this.#lookAway(), { signal })
    this.#timer = setInterval(() => this.#look(true), LOOKING_EVERY)
    this.#look()
    // A thread that does not fill its pane cannot be scrolled to what came before.
    if (this.scrollHeight <= this.clientHeight) this.#older()
    if (desk()?.seen > Number(this.dataset.head)) this.catchUp().catch(() => {})
  }

  disconnectedCallback() {
    this.#leaving.abort()
    this.changes.disconnect()
    clearInterval(this.#timer)
    this.#lookAway()
  }

  get list() { return this.querySelector("ol") }
  get thread() { return this.closest("#thread") }
  get head() { return this.thread?.querySelector(":scope > header") }
  get messages() { return [...this.list.querySelectorAll(":scope > li[data-sequence]")] }
  get oldest() { return Number(this.list.querySelector(":scope > li[data-sequence]")?.dataset.sequence ?? 1) }
  get isAtEnd() { return Math.abs(this.scrollTop) < 40 }

  // From what the page had when it last was whole, not from the newest it shows: that may have come past a gap.
  async catchUp() {
    const text = await ask(`${this.dataset.path}/messages?after_version=${this.#known}`).catch(error => this.#refused(error))
    const version = text.match(/id="head-[^>]*data-version="(\d+)"/)?.[1]
    this.#known = Math.max(this.#known, Number(version ?? 0))
  }

  // What one may no longer see is put away; anything else is tried again.
  #refused(error) {
    if (![403, 404].includes(error.status)) throw error
    emit(this, "thread:gone")
    return ""
  }

  toEnd() {
    this.scrollTop = 0
    this.#offer(false)
  }

  #changed(records) {
    const added = records.flatMap(record => [...record.addedNodes]).filter(node => node.isConnected && node.matches?.("li[data-sequence]"))
    // Several come at once: one that has no seat yet is no neighbour.
    const waiting = new Set(added)
    const fresh = added.filter(message => waiting.delete(message) && this.#seat(message, waiting))
    this.#arrange()
    this.changes.takeRecords()
    for (const message of fresh.filter(one => one.dataset.kind === "in")) this.#came(message)
    if (fresh.some(message => message.dataset.kind !== "activity") && !this.isAtEnd) this.#offer(true)
    this.see()
  }

  // Who has just said something is not typing it any more.
  #came(message) {
    this.#isLeftUnread = false
    const [kind, id] = message.dataset.sender.split(":")
    emit(document, "live:typing", { conversation: this.dataset.conversation, who: { kind, id }, on: false })
  }

  // Whether it is new to the thread, and at its end.
  #seat(message, waiting) {
    const messages = this.messages.filter(other => !waiting.has(other))
    const same = messages.find(other => other !== message && other.id === message.id)
    if (same && Number(same.dataset.version) >= Number(message.dataset.version)) return message.remove(), false
    const others = messages.filter(other => other !== message && other !== same)
    const sequence = Number(message.dataset.sequence)
    // Older ones that are not loaded come when they are scrolled to.
    const first = Number(others[0]?.dataset.sequence ?? 1)
    if (!same && sequence < first && first > 1 && !this.#isLoading) return message.remove(), false
    const before = others.findLast(other => Number(other.dataset.sequence) <= sequence)
    same?.remove()
    const isLast = !others.some(other => Number(other.dataset.sequence) > sequence && !other.matches(".is-sending"))
    if (before) before.after(message)
    else this.list.prepend(message)
    return !same && isLast
  }

  #arrange() {
    const { messages } = this
    let before = null
    for (const message of messages) {
      const day = dayOf(message)
      this.#draw(message, before && dayOf(before) === day ? null : day)
      const isJoined = Boolean(before) && joins(before, message)
      message.classList.toggle("is-joined", isJoined)
      before?.classList.toggle("is-followed", isJoined)
      before = message
    }
    before?.classList.remove("is-followed")
    for (const line of this.list.querySelectorAll(":scope > .day")) if (!line.nextElementSibling?.matches("li[data-sequence]")) line.remove()
    nameMe(this.list)
  }

  #draw(message, day) {
    const line = message.previousElementSibling
    const isThere = line?.matches(".day") && line.dataset.day === day
    if (isThere) return
    if (line?.matches(".day")) line.remove()
    if (!day) return
    const at = message.dataset.at
    message.before(make("li", { class: "day", "data-day": day }, make("local-time", { how: "day" }, make("time", { datetime: at }, day))))
  }

  // What is on its way stands at the end until the server's own bubble takes its place.
  #shows(said) {
    if (said.conversation !== this.dataset.conversation) return
    const shown = document.getElementById(`message-${said.id}`)
    if (shown && !shown.matches(".is-sending")) return said.state === "failed" && arrived(said.id)
    if (said.state === "gone") return shown?.remove()
    if (said.state === "sent") return
    const fresh = bubble({ by: me(), ...said })
    if (shown) return shown.replaceWith(fresh), this.#arrange()
    this.list.append(fresh)
    this.toEnd()
  }

  #scrolled() {
    if (this.isAtEnd) this.#offer(false)
    const above = this.scrollHeight - this.clientHeight - Math.abs(this.scrollTop)
    if (above < NEAR) this.#older()
  }

  // The pane is laid out from its end, so what comes on top moves nothing.
  async #older() {
    if (this.#isLoading || this.oldest <= 1 || !this.isConnected) return
    this.#isLoading = true
    try {
      const answer = await fetch(`${this.dataset.path}/messages?before=${this.oldest}`, { headers: { "HX-Request": "true" } })
      if (!answer.ok) throw new Error(answer.status)
      const template = make("template")
      template.innerHTML = await answer.text()
      const nodes = [...template.content.children]
      const first = this.messages[0]
      this.changes.disconnect()
      if (first?.previousElementSibling?.matches(".day")) first.previousElementSibling.remove()
      this.list.prepend(...nodes)
      for (const node of nodes) htmx.process(node)
      this.#arrange()
      this.changes.observe(this.list, { childList: true })
      this.#isLoading = false
      requestAnimationFrame(() => this.#scrolled())
    } catch {
      setTimeout(() => { this.#isLoading = false }, 2_000)
    }
  }

  #offer(isNew) {
    const button = this.thread?.querySelector("[data-to-latest]")
    if (button) button.hidden = !isNew
  }

  #clicked(event) {
    const { retries, discards } = event.target.closest("[data-retries], [data-discards]")?.dataset ?? {}
    if (retries) retry(retries)
    if (discards) discard(discards)
    if (event.target.closest("[data-to-latest]")) this.toEnd()
    if (event.target.closest("[data-marks-unread]")) this.#isLeftUnread = true
    const quoted = event.target.closest("a.quoted")
    if (quoted) {
      event.preventDefault()
      document.getElementById(quoted.hash.slice(1))?.scrollIntoView({ block: "center" })
    }
  }

  see() {
    if (this.#isLeftUnread || !isWatched() || !Number(this.head?.dataset.unread) || !this.checkVisibility()) return
    this.head.dataset.unread = "0"
    ask(`${this.dataset.path}/seen`, { method: "POST" }).catch(() => {})
  }

  #look(again = false) {
    this.see()
    if (!isWatched()) return this.#lookAway()
    if (this.#isLooking && !again) return
    this.#isLooking = true
    tell(`${this.dataset.path}/looking`)
  }

  #lookAway() {
    if (!this.#isLooking) return
    this.#isLooking = false
    tell(`${this.dataset.path}/looking`, "DELETE")
  }
})

function dayOf(message) {
  return new Date(message.dataset.at).toLocaleDateString("sv")
}

function joins(before, message) {
  if (!before.matches(".message") || !message.matches(".message")) return false
  const [a, b] = [before.dataset, message.dataset]
  return a.sender === b.sender && a.kind === b.kind && dayOf(before) === dayOf(message)
    && new Date(b.at) - new Date(a.at) < JOINED_WITHIN && ![a.state, b.state].some(state => state === "failed" || state === "unsure")
}

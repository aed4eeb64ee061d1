// <conversation-list> keeps the list as the server would write it now: rows that are pushed take the place of the same row, are seated by
// what the list is sorted by, or dropped when they do not belong; more are fetched where it ends; what is counted follows.

import { emit } from "../lib/dom.js"
import { ask, desk, home, nameMe } from "../lib/inbox.js"
import { belongs, compare } from "../lib/listing.js"
import { dressText } from "../lib/row-text.js"

const PAUSE = 1_000
const STILL = 1_500

customElements.define("conversation-list", class extends HTMLElement {
  #leaving = new AbortController()
  #known = new Map()
  #typing = new Map()
  #since = Number(desk()?.dataset.now ?? 0)
  #moved = 0
  #waiting = []
  #answered = null
  #isLoading = false
  #isAsking = 0
  #isStale = false
  #counted = 0
  #timers = {}

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    for (const row of this.all) this.#note(row)
    this.changes = new MutationObserver(records => this.#changed(records))
    this.end = new IntersectionObserver(seen => seen.some(one => one.isIntersecting) && this.more(), { root: this, rootMargin: "400px" })
    this.changes.observe(this.rows, { childList: true })
    this.end.observe(this.querySelector("#list-end"))
    this.addEventListener("pointermove", () => this.#moved = Date.now(), { signal, passive: true })
    this.addEventListener("pointerleave", () => this.#settle(), { signal })
    this.addEventListener("click", event => this.#goes(event.target.closest("[data-goes]")), { signal })
    this.addEventListener("htmx:config:request", event => this.#asks(event), { signal })
    document.addEventListener("live:troubles", () => this.count(), { signal })
    document.addEventListener("live:rows", () => this.#isStale = true, { signal })
    document.addEventListener("live:catch-up", event => event.detail.wait(this.refresh()), { signal })
    document.addEventListener("live:typing", event => this.#types(event.detail), { signal })
    document.addEventListener("draft:changed", () => this.dress(), { signal })
    document.addEventListener("htmx:finally:swap", () => this.dress(), { signal })
    document.addEventListener("click", event => this.#leaves(event.target.closest("[data-resolves]")), { signal, capture: true })
    addEventListener("popstate", () => this.dress(), { signal })
    this.dress()
  }

  disconnectedCallback() {
    this.#leaving.abort()
    this.changes.disconnect()
    this.end.disconnect()
    for (const timer of Object.values(this.#timers)) clearTimeout(timer)
  }

  get rows() { return this.querySelector("#conversation-rows") }
  get all() { return [...this.rows.querySelectorAll(":scope > li")] }
  get after() { return this.querySelector("#list-end").dataset.after }
  get selected() { return this.all.find(row => link(row).pathname === location.pathname) }

  // The list as an address asks for it.
  get query() {
    const { view, status, sort, order, inbox } = this.dataset
    return new URLSearchParams({ view, status, sort, order, ...(inbox && { inbox }) })
  }

  async refresh() {
    const query = this.query
    query.set("rows", Math.ceil(Math.max(this.all.length, 1) / 25) * 25)
    this.#isStale = false
    this.#waiting = []
    await this.#fetch(`${home()}?${query}`)
    // What the socket brought meanwhile may be newer than the answer.
    if (this.#isStale) this.#later("refresh", () => this.refresh().catch(() => {}))
  }

  async more() {
    if (!this.after || this.#isLoading) return
    this.#isLoading = true
    const query = this.query
    query.set("after", this.after)
    try {
      await this.#fetch(`${home()}/more?${query}`)
    } catch {
      this.#later("more", () => this.more())
    } finally {
      this.#isLoading = false
    }
    const foot = this.querySelector("#list-end")
    this.end.unobserve(foot)
    this.end.observe(foot)
  }

  async #fetch(path) {
    this.#isAsking++
    try {
      await ask(path)
    } finally {
      this.#isAsking--
    }
  }

  #changed(records) {
    for (const row of records.flatMap(record => [...record.addedNodes])) if (row.isConnected && row.matches?.("li")) this.#arrived(row)
    this.dress()
    this.changes.takeRecords()
  }

  #arrived(row) {
    const same = this.all.find(other => other !== row && other.id === row.id)
    if (same && Number(same.dataset.version) > Number(row.dataset.version)) return row.remove()
    this.#note(row)
    if (!belongs(this.dataset, row.dataset)) return this.#drop(row, same)
    if (this.#isHeld) {
      if (same) same.replaceWith(row)
      else this.#wait(row)
    } else {
      const hadFocus = same?.contains(document.activeElement)
      this.#seat(row, same)
      if (hadFocus) link(row).focus({ preventScroll: true })
    }
  }

  // Nothing moves under a pointer that moves itself: rows keep their places until it rests or leaves.
  get #isHeld() {
    const isHeld = this.matches(":hover") && Date.now() - this.#moved < STILL
    if (isHeld) this.#timers.settle ??= setTimeout(() => { delete this.#timers.settle; this.#isHeld || this.#settle() }, STILL)
    return isHeld
  }

  #wait(row) {
    this.#waiting = [...this.#waiting.filter(one => one.id !== row.id), row]
    row.remove()
  }

  #settle() {
    this.rows.append(...this.#waiting.splice(0))
    for (const row of this.all) this.#seat(row)
    this.dress()
    this.changes.takeRecords()
  }

  #drop(row, same) {
    this.#waiting = this.#waiting.filter(one => one.id !== row.id)
    const next = same?.nextElementSibling ?? same?.previousElementSibling
    same?.remove()
    row.remove()
    if (this.resolving === row.id) this.#goOn(next)
    if (!this.rows.querySelector("li")) this.more()
  }

  // After what is done comes the next; on a phone, the list.
  async #goOn(next) {
    this.resolving = null
    // The socket may be quicker than the answer, which still has words for the page.
    await this.#answered
    if (!this.checkVisibility()) emit(document, "thread:gone")
    else if (next) link(next).focus({ preventScroll: true })
  }

  #seat(row, same) {
    const others = this.all.filter(other => other !== row && other !== same)
    const next = others.find(other => compare(this.dataset, row.dataset, other.dataset) < 0)
    same?.remove()
    // One that belongs behind what is loaded comes with the page it is on.
    if (!next && this.after && others.length && !this.#isAsking) return row.remove()
    if (row.nextElementSibling !== (next ?? null) || row.parentNode !== this.rows) this.rows.insertBefore(row, next ?? null)
  }

  // Remembers what a row said, tells of a new message, and has the counts follow when it moved from one to another.
  #note(row) {
    const { status, assignee, inbox, unread, incoming } = row.dataset
    const place = [status, assignee, inbox].join()
    const before = this.#known.get(row.id)
    this.#known.set(row.id, { place, incoming: Number(incoming) })
    if (before?.place !== place && this.changes && !this.#isAsking) this.count()
    const since = before?.incoming ?? this.#since
    if (this.changes && Number(unread) && Number(incoming) > since) emit(document, "live:incoming", { row })
  }

  count() {
    const wait = this.#counted + PAUSE - Date.now()
    this.#timers.count ??= setTimeout(() => {
      delete this.#timers.count
      this.#counted = Date.now()
      ask(`${home()}/counts?${this.query}`).catch(() => {})
    }, Math.max(50, wait))
  }

  // What only this viewer's list shows: which row is open, drafts, who is typing, one's own name.
  dress() {
    const { selected } = this
    for (const row of this.all) {
      const article = row.firstElementChild
      article.classList.toggle("is-selected", row === selected)
      if (row === selected) link(row).setAttribute("aria-current", "true")
      else link(row).removeAttribute("aria-current")
      dressText(row, { isSelected: row === selected, isTyping: this.#typing.has(row.id.slice(4)) })
    }
    nameMe(this.rows)
    this.#title()
  }

  #types({ conversation, who, on, private: isPrivate }) {
    if (who.kind !== "contact" || isPrivate) return
    clearTimeout(this.#typing.get(conversation))
    if (on) this.#typing.set(conversation, setTimeout(() => { this.#typing.delete(conversation); this.dress() }, 10_000))
    else this.#typing.delete(conversation)
    this.dress()
  }

  #title() {
    const unread = this.all.filter(row => Number(row.dataset.unread)).length
    const title = document.title.replace(/^\(\d+\+?\) /, "")
    const wanted = unread ? `(${unread}${this.after ? "+" : ""}) ${title}` : title
    if (document.title !== wanted) document.title = wanted
  }

  // An opened conversation keeps the list's own words in the address.
  #asks({ detail: { ctx } }) {
    if (ctx.sourceElement.matches(".conversation-name")) ctx.push = ctx.request.action + location.search
  }

  #leaves(button) {
    if (!button) return
    this.resolving = `row-${button.dataset.resolves}`
    this.#answered = new Promise(resolve => document.addEventListener("htmx:finally:request", resolve, { once: true }))
  }

  #goes(button) {
    if (!button) return
    const { all } = this
    const at = all.indexOf(this.selected ?? document.activeElement?.closest("#conversation-rows > li"))
    const next = at < 0 ? all[0] : all[at + Number(button.dataset.goes)]
    if (!next) return
    next.scrollIntoView({ block: "nearest" })
    link(next).focus({ preventScroll: true })
    link(next).click()
  }

  #later(name, run) {
    this.#timers[name] ??= setTimeout(() => { delete this.#timers[name]; run() }, PAUSE)
  }
})

function link(row) {
  return row.querySelector(".conversation-name")
}

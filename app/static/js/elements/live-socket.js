// <live-socket hx-ws:connect="…">: keeps the page's socket alive, passes on what it hears as events of the document (live:typing,
// live:looking, live:presence, live:rows, live:troubles), and has the page catch up (live:catch-up) whenever it may have missed something.

import { emit, toast } from "../lib/dom.js"
import { ask, home, nameMe } from "../lib/inbox.js"

const SILENCE = 35_000
const LOOKS = 5_000
const PAUSE = 1_000
const TOLD_AFTER = 4_000

customElements.define("live-socket", class extends HTMLElement {
  #leaving = new AbortController()
  #seen = 0
  #heard = Date.now()
  #caughtUp = 0
  #isCatching = false
  #isBehind = false
  #failed = 0
  #timers = {}

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    this.#seen = this.#written
    this.addEventListener("htmx:ws:before:message:incoming", event => this.#hear(event.detail.message.data), { signal })
    this.addEventListener("htmx:ws:close", event => this.#lost(event.detail), { signal })
    addEventListener("online", () => this.reopen(), { signal })
    addEventListener("pageshow", event => event.persisted && this.reopen(), { signal })
    document.addEventListener("visibilitychange", () => document.hidden || this.#check(), { signal })
    document.addEventListener("htmx:before:swap", event => keepNewer(event.detail.tasks), { signal })
    document.addEventListener("htmx:after:swap", () => nameMe(), { signal })
    this.#timers.check = setInterval(() => this.#check(), LOOKS)
    nameMe()
  }

  disconnectedCallback() {
    this.#leaving.abort()
    for (const timer of Object.values(this.#timers)) clearTimeout(timer)
  }

  get seen() {
    return this.#seen = Math.max(this.#seen, this.#written)
  }

  get #written() {
    return Number(this.querySelector("#live-head")?.textContent) || 0
  }

  reopen() {
    this.#heard = Date.now()
    htmx.process(this, true)
  }

  #check() {
    if (navigator.onLine && Date.now() - this.#heard > SILENCE) this.reopen()
  }

  #hear(data) {
    this.#heard = Date.now()
    if (typeof data !== "string") return
    if (!data.startsWith("{")) return this.#sawPieces(data)
    const { event, ...told } = JSON.parse(data)
    if (event === "ready") this.#ready(told.head)
    else if (event === "heartbeat") told.head > this.seen && this.catchUp(told.head)
    else emit(document, `live:${event}`, told)
  }

  #sawPieces(html) {
    const head = Number(html.match(/"#live-head"[^>]*>(\d+)</)?.[1] ?? 0)
    this.#seen = Math.max(this.#seen, head)
    if (html.includes('"#conversation-rows"')) emit(document, "live:rows")
    if (html.includes('"#live-troubles"')) emit(document, "live:troubles")
    // A person's name stands in the list and over the thread too.
    const person = html.match(/"#person-(\d+)"/)?.[1]
    if (person && document.querySelector(`#person-${person}, #conversation-rows > [data-contact="${person}"]`)) this.catchUp(head)
  }

  #ready(head) {
    this.#failed = 0
    this.dataset.live = "true"
    clearTimeout(this.#timers.told)
    delete this.#timers.told
    document.querySelector("toast-stack")?.drop("live")
    // Without a head the server cannot say what was missed.
    if (head === undefined || head > this.seen || this.#isBehind) this.catchUp(head)
  }

  async catchUp(head = 0) {
    this.#isBehind = true
    if (this.#isCatching) return
    this.#isCatching = true
    await rest(this.#caughtUp + PAUSE - Date.now())
    this.#isBehind = false
    this.#caughtUp = Date.now()
    const work = []
    emit(document, "live:catch-up", { wait: promise => work.push(promise) })
    const done = await Promise.allSettled(work)
    this.#isCatching = false
    if (done.some(one => one.status === "rejected")) this.#isBehind = true
    else this.#seen = Math.max(this.#seen, head)
    if (this.#isBehind) this.#timers.again = setTimeout(() => this.#isBehind && this.catchUp(head), 2 * PAUSE)
  }

  #lost({ code }) {
    delete this.dataset.live
    this.#isBehind = true
    if (code === 1008) return this.#askWhy()
    if (++this.#failed % 3 === 0) this.#askWhy()
    this.#timers.told ??= setTimeout(() => navigator.onLine && toast("The connection was lost. Trying again…", { icon: "offline", stays: true, key: "live" }), TOLD_AFTER)
  }

  // Signed out, or no longer a member: the page says so itself when it is loaded again.
  async #askWhy() {
    try {
      await ask(`${home()}/counts`)
      this.#timers.open = setTimeout(() => this.reopen(), LOOKS)
    } catch ({ status }) {
      if ([401, 403, 404].includes(status)) location.reload()
    }
  }
})

// An answer may be older than what the socket brought while it was under way.
function keepNewer(tasks) {
  for (const task of tasks) {
    const fresh = task.fragment?.firstElementChild?.dataset?.version
    const shown = task.target?.dataset?.version
    if (task.swapSpec?.style === "outerMorph" && fresh && shown && Number(fresh) < Number(shown)) task.swapSpec = { style: "none" }
  }
}

function rest(milliseconds) {
  return new Promise(resolve => setTimeout(resolve, Math.max(0, milliseconds)))
}

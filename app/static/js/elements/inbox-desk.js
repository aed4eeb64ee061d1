// <inbox-desk>, one for the page: where things stand and what is open. Steps back through the browser's history, keeps how one likes the
// list and the details, closes the thread on a phone, and presses for a key what may be folded away.

import { ask, home, keep } from "../lib/inbox.js"

customElements.define("inbox-desk", class extends HTMLElement {
  #leaving = new AbortController()
  #listed = location.search

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    document.addEventListener("click", event => this.#clicked(event), { signal })
    document.addEventListener("htmx:config:request", event => this.#asks(event.detail.ctx), { signal })
    document.addEventListener("htmx:before:history:restore", event => this.#stepped(event), { signal })
    document.addEventListener("htmx:after:history:push", () => this.#listed = location.search, { signal })
    document.addEventListener("thread:gone", () => this.#close(), { signal })
    document.addEventListener("conversation:resolves", event => this.#list.resolving = `row-${event.detail.conversation}`, { signal })
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  get #panes() { return document.querySelector(".desk-inbox") }
  get #list() { return document.querySelector("conversation-list") }

  #clicked(event) {
    const pressed = name => event.target.closest?.(`[data-${name}]`)
    if (pressed("folds")) this.#fold(pressed("folds").dataset.folds === "true")
    if (pressed("moves-details")) this.#move()
    if (pressed("presses")) this.#press(pressed("presses").dataset.presses)
    if (pressed("closes-thread")) event.preventDefault(), this.#close()
  }

  #fold(isFolded) {
    this.#panes.classList.toggle("details-folded", isFolded)
    keep({ details_folded: isFolded ? "1" : "0" })
  }

  #move() {
    const isRight = this.#panes.classList.toggle("details-right")
    keep({ details_side: isRight ? "right" : "left" })
  }

  // A property's menu stands in the details: they are brought before it opens.
  #press(name) {
    const button = document.querySelector(`[data-pressed-by="${name}"]`)
    if (!button) return
    const details = document.getElementById("details")
    if (!button.checkVisibility()) {
      this.#panes.classList.remove("details-folded")
      if (!button.checkVisibility() && !details.matches(":popover-open")) details.showPopover()
    }
    button.closest("details")?.setAttribute("open", "")
    requestAnimationFrame(() => document.getElementById(button.getAttribute("popovertarget"))?.showPopover({ source: button }))
  }

  // The list changes beside the conversation that is open; both stand in the address, and the list is kept for the next visit.
  #asks(ctx) {
    if (!ctx.sourceElement.matches("[data-listing]")) return
    const { search, searchParams } = new URL(ctx.request.action, location)
    ctx.push = location.pathname + search
    const habits = Object.fromEntries([...searchParams].filter(([name]) => ["view", "status", "sort", "order"].includes(name)))
    keep(habits)
    document.getElementById("rows").scrollTop = 0
  }

  #close() {
    const focused = this.#list?.selected
    history.pushState({ htmx: true }, "", home() + location.search)
    this.#empty()
    focused?.querySelector("a").focus()
  }

  #empty() {
    const { content } = document.getElementById("no-thread")
    for (const id of ["details", "thread"]) document.getElementById(id).replaceWith(content.getElementById(id).cloneNode(true))
    document.title = "Inbox · Parley"
    this.#list?.dress()
  }

  // Only what differs is fetched: the conversation, the list, or both.
  #stepped(event) {
    if (!location.pathname.startsWith(home())) return
    event.preventDefault()
    const isOther = document.querySelector("message-thread")?.dataset.path !== location.pathname
    if (location.pathname === home()) this.#empty()
    else if (isOther) ask(location.pathname).catch(() => {})
    if (location.search !== this.#listed) ask(home() + location.search).catch(() => {})
    this.#listed = location.search
  }
})

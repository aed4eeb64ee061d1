// <mail-card> around a mail: gives its frame the height of what is in it, turns between HTML and text, and has pictures from elsewhere shown.

const TALLEST = 20_000

customElements.define("mail-card", class extends HTMLElement {
  #leaving = new AbortController()
  #sizes = new ResizeObserver(() => this.#fit())

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    this.addEventListener("click", event => this.#clicked(event), { signal })
    document.addEventListener("mail:images", event => event.detail === this.dataset.path && this.#showImages(), { signal })
    this.frame?.addEventListener("load", () => this.#loaded(), { signal })
    if (this.#page?.readyState === "complete") this.#loaded()
  }

  disconnectedCallback() {
    this.#leaving.abort()
    this.#sizes.disconnect()
  }

  get frame() { return this.querySelector(".email-frame") }
  get #page() { return this.frame?.contentDocument }

  #loaded() {
    if (!this.#page?.body || this.#page.URL === "about:blank") return
    this.#sizes.disconnect()
    this.#sizes.observe(this.#page.body)
    // A long quote or a late picture makes it higher without a change of the frame itself.
    this.#page.addEventListener("toggle", () => this.#fit(), { capture: true })
    this.#page.addEventListener("load", () => this.#fit(), { capture: true })
    this.#fit()
  }

  #fit() {
    const height = Math.ceil(this.#page?.body?.getBoundingClientRect().height ?? 0)
    if (height) this.frame.style.height = `${Math.min(height, TALLEST)}px`
  }

  #clicked(event) {
    const turns = event.target.closest("[data-turns]")
    if (turns) this.#turn(turns)
    if (event.target.closest("[data-shows-images]")) this.#ask(event.target.closest("[data-shows-images]"))
  }

  #turn(button) {
    const isText = button.getAttribute("aria-pressed") !== "true"
    button.setAttribute("aria-pressed", String(isText))
    this.querySelector("[data-words]").hidden = !isText
    this.frame.hidden = isText
    if (!isText) this.#fit()
  }

  async #ask(button) {
    button.disabled = true
    const answer = await fetch(`${this.dataset.path}/remote-images`, { method: "POST", headers: { "HX-Request": "true" } }).catch(() => null)
    if (answer?.ok) document.dispatchEvent(new CustomEvent("mail:images", { detail: this.dataset.path }))
    else button.disabled = false
  }

  #showImages() {
    const bar = this.querySelector("[data-remote]")
    if (!bar) return
    const hadFocus = bar.contains(document.activeElement)
    bar.remove()
    this.frame.contentWindow.location.reload()
    if (hadFocus) this.closest(".message")?.querySelector(".text-button, summary")?.focus()
  }
})

// <drop-menu> holds a button with popovertarget and the .menu it opens: places the menu, moves with the keyboard (arrows, Home, End,
// first letters), filters when the menu has an input, and closes once something was chosen (unless the item has data-keeps-open).

import { keepPlaced } from "../lib/place.js"
import { plain } from "../lib/fuzzy.js"

customElements.define("drop-menu", class extends HTMLElement {
  #letGo = () => {}
  #typed = ""
  #typedAt = 0

  connectedCallback() {
    this.addEventListener("toggle", this, true)
    this.addEventListener("keydown", this)
    this.addEventListener("click", this)
    this.addEventListener("input", this)
  }

  disconnectedCallback() {
    this.#letGo()
  }

  get button() { return this.querySelector("[popovertarget]") }
  get menu() { return this.querySelector("[popover]") }
  get items() { return [...this.menu.querySelectorAll(".menu-item:not([hidden], :disabled, [aria-disabled=true])")].filter(item => item.checkVisibility()) }

  handleEvent(event) {
    if (event.type === "toggle" && event.target === this.menu) this.#toggled(event.newState === "open")
    if (event.type === "keydown") this.#pressed(event)
    if (event.type === "input" && event.target.closest("[popover]") === this.menu) this.#filter(event.target.value)
    if (event.type === "click" && event.target.closest(".menu-item:not([data-keeps-open])")) this.menu.hidePopover()
  }

  #toggled(open) {
    this.#letGo()
    if (!open) return
    this.#letGo = keepPlaced(this.menu, this.button, this.getAttribute("align") ?? "start")
    const field = this.menu.querySelector("input")
    if (field) {
      field.value = ""
      this.#filter("")
    }
    (field ?? this.menu.querySelector("[aria-checked=true]") ?? this.items[0])?.focus({ preventScroll: !field })
  }

  #pressed(event) {
    if (event.target === this.button) return this.#opens(event)
    if (!this.menu.contains(event.target)) return
    const inField = event.target.matches("input")
    const { items } = this
    if (!items.length) return
    const at = items.indexOf(document.activeElement)
    const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, ...(!inField && { Home: 0, End: -1 }) }[event.key]
    if (to !== undefined) this.#go(event, items.at(to % items.length))
    else if (event.key === "Tab") this.menu.hidePopover()
    else if (event.key === "Enter" && inField) this.#choose(event, items[0])
    else if (!inField && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) this.#seek(event)
  }

  #opens(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
    event.preventDefault()
    this.menu.showPopover({ source: this.button })
  }

  #go(event, item) {
    event.preventDefault()
    event.stopPropagation()
    item?.focus()
  }

  #choose(event, item) {
    event.preventDefault()
    item?.click()
  }

  #seek(event) {
    this.#typed = event.timeStamp - this.#typedAt > 600 ? event.key : this.#typed + event.key
    this.#typedAt = event.timeStamp
    const found = this.items.find(item => plain(item.textContent).startsWith(plain(this.#typed)))
    this.#go(event, found)
  }

  #filter(typed) {
    for (const item of this.menu.querySelectorAll(".menu-item")) item.hidden = !plain(item.textContent).includes(plain(typed))
  }
})

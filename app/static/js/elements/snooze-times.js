// <snooze-times> around the items of a snooze menu: gives each its hour in the reader's own zone, anew whenever it is asked for.

const WAYS = {
  reply: () => null,
  hour: now => new Date(now.getTime() + 3_600_000),
  tomorrow: now => atNine(now, 1),
  week: now => atNine(now, (8 - now.getDay()) % 7 || 7),
  month(now) {
    const first = new Date(now.getFullYear(), now.getMonth() + 1, 1, 9)
    first.setDate(1 + (8 - first.getDay()) % 7)
    return first
  },
}

customElements.define("snooze-times", class extends HTMLElement {
  connectedCallback() {
    this.menu = this.closest("[popover]")
    this.menu?.addEventListener("toggle", this)
    // The palette presses an item of a closed menu.
    this.addEventListener("click", this, true)
  }

  disconnectedCallback() {
    this.menu?.removeEventListener("toggle", this)
  }

  handleEvent() {
    for (const item of this.querySelectorAll("[data-when]")) {
      const when = WAYS[item.dataset.when](new Date())
      item.value = when?.toISOString() ?? ""
      item.querySelector(".menu-end").textContent = when ? words(when) : ""
    }
  }
})

function atNine(now, days) {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9)
}

function words(when) {
  const near = when - Date.now() < 6 * 86_400_000
  return when.toLocaleString(navigator.language, near ? { weekday: "short", hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })
}

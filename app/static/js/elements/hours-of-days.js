// <hours-of-days most="6"> around a fieldset for each day: times are added and removed with buttons; a day that is open all day needs none.

customElements.define("hours-of-days", class extends HTMLElement {
  connectedCallback() {
    for (const day of this.querySelectorAll("fieldset")) this.#draw(day)
    this.addEventListener("click", event => {
      const pressed = event.target.closest("[data-adds], [data-removes]")
      if (pressed) this.#change(pressed.closest("fieldset"), pressed)
    })
    this.addEventListener("input", event => this.#draw(event.target.closest("fieldset")))
  }

  #change(day, pressed) {
    const spans = [...day.querySelectorAll(".hours-span")]
    if (pressed.matches("[data-adds]")) {
      const last = spans.at(-1)
      const isFree = spans.length === 1 && !filled(last)
      const added = isFree ? last : last.cloneNode(true)
      if (!isFree) last.after(added)
      const [opens, closes] = added.querySelectorAll("input")
      ;[opens.value, closes.value] = isFree ? ["09:00", "17:00"] : ["", ""]
      opens.focus()
    } else {
      const span = pressed.closest(".hours-span")
      if (spans.length > 1) span.remove()
      else for (const input of span.querySelectorAll("input")) input.value = ""
      day.querySelector("[data-adds]").focus()
    }
    this.#draw(day)
  }

  #draw(day) {
    const isWhole = day.querySelector("[type=checkbox]").checked
    const spans = [...day.querySelectorAll(".hours-span")]
    const isClosed = spans.length === 1 && !filled(spans[0]) && !spans[0].contains(document.activeElement)
    for (const [at, span] of spans.entries()) {
      span.setAttribute("aria-label", `${day.querySelector("legend").textContent}, time ${at + 1}`)
      span.hidden = isWhole || isClosed
      span.querySelector("[data-removes]").hidden = false
    }
    day.querySelector(".hours-closed").hidden = isWhole || !isClosed
    day.querySelector("[data-adds]").hidden = isWhole || spans.length >= Number(this.getAttribute("most"))
  }
})

function filled(span) {
  return [...span.querySelectorAll("input")].some(input => input.value)
}

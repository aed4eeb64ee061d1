// <field-order> around a list, a template and a button: fields are moved up and down, added and removed; their order is what is sent.

customElements.define("field-order", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", event => {
      const pressed = event.target.closest("[data-up], [data-down], [data-adds], [data-removes]")
      if (pressed) this.#change(pressed, pressed.closest("[data-field]"))
    })
    this.querySelector("[data-adds]").hidden = false
    this.#draw()
  }

  get list() { return this.querySelector("ol") }

  #change(pressed, field) {
    let goesTo = pressed
    if (pressed.matches("[data-up]")) field.previousElementSibling?.before(field)
    else if (pressed.matches("[data-down]")) field.nextElementSibling?.after(field)
    else if (pressed.matches("[data-removes]")) {
      goesTo = this.querySelector("[data-adds]")
      field.remove()
    } else goesTo = this.#add()
    this.#draw()
    if (goesTo.disabled) goesTo = goesTo.parentElement.querySelector("button:not([hidden], :disabled)") ?? goesTo
    goesTo.focus()
    this.dispatchEvent(new Event("input", { bubbles: true }))
  }

  #add() {
    const key = `n${Date.now()}`
    const holder = document.createElement("template")
    holder.innerHTML = this.querySelector("template").innerHTML.replaceAll("KEY", key)
    this.list.append(holder.content)
    return this.list.lastElementChild.querySelector("[name^=name-]")
  }

  #draw() {
    const fields = [...this.list.children]
    for (const [at, field] of fields.entries()) {
      for (const button of field.querySelectorAll("[data-up], [data-down], [data-removes]")) button.hidden = false
      field.querySelector("[data-up]").disabled = at === 0
      field.querySelector("[data-down]").disabled = at === fields.length - 1
    }
  }
})

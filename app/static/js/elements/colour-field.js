// <colour-field> around a colour well and a text field: two ways to say one colour. The text field is what the form sends.

customElements.define("colour-field", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", event => {
      const [well, field] = this.querySelectorAll("input")
      if (event.target === well) field.value = well.value
      else if (/^#?[0-9a-f]{6}$/i.test(field.value.trim())) well.value = `#${field.value.trim().replace("#", "").toLowerCase()}`
    })
  }
})

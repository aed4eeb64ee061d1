// <password-field> around a password and a button: the button shows what is typed, and hides it again when the form is sent.

customElements.define("password-field", class extends HTMLElement {
  connectedCallback() {
    const [field, button] = [this.querySelector("input"), this.querySelector("button")]
    if (!field || !button) return
    button.addEventListener("click", () => this.#show(field, button, field.type === "password"))
    field.form?.addEventListener("submit", () => this.#show(field, button, false))
  }

  #show(field, button, shown) {
    field.type = shown ? "text" : "password"
    button.setAttribute("aria-pressed", String(shown))
  }
})

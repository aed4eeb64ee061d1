// <colour-dot colour="#ff8800">: a dot of a colour someone chose freely, set where a page's own rules forbid style attributes.

customElements.define("colour-dot", class extends HTMLElement {
  static observedAttributes = ["colour"]

  attributeChangedCallback() {
    const colour = this.getAttribute("colour") ?? ""
    if (CSS.supports("color", colour)) this.style.setProperty("--dot", colour)
  }
})

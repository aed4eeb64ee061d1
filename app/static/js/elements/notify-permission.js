// <notify-permission> around a switch: turning it on asks the browser first, and turns it off again when that says no.

import { toast } from "../lib/dom.js"

customElements.define("notify-permission", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", event => this.#ask(event.target))
  }

  async #ask(field) {
    if (!field.checked || !("Notification" in window) || Notification.permission === "granted") return
    const answer = await Notification.requestPermission()
    if (answer === "granted") return
    field.checked = false
    toast("This browser does not allow notifications from Parley. Allow them beside its address bar first.", { icon: "alert", look: "danger" })
  }
})

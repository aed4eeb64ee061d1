// <offline-notice>: a toast that stays for as long as the browser is offline.

import { toast } from "../lib/dom.js"

customElements.define("offline-notice", class extends HTMLElement {
  connectedCallback() {
    addEventListener("offline", this)
    addEventListener("online", this)
    if (!navigator.onLine) this.handleEvent()
  }

  disconnectedCallback() {
    removeEventListener("offline", this)
    removeEventListener("online", this)
  }

  handleEvent() {
    if (navigator.onLine) document.querySelector("toast-stack")?.drop("offline")
    else toast("You are offline. What you write is kept.", { icon: "offline", stays: true, key: "offline" })
  }
})

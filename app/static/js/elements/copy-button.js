// <copy-button text="…"> or <copy-button from="id"> around a button: copies, and says so on the button itself.

import { toast } from "../lib/dom.js"
import { icon } from "../lib/icon.js"

customElements.define("copy-button", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", () => this.copy())
  }

  get text() {
    const source = document.getElementById(this.getAttribute("from"))
    return this.getAttribute("text") ?? source?.value ?? source?.textContent ?? ""
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.text)
    } catch {
      return toast("This browser does not let Parley copy. Select the text and copy it by hand.", { icon: "alert", look: "danger" })
    }
    this.#say("check")
    toast("Copied", { icon: "copy", key: "copied" })
  }

  #say(sign) {
    const before = this.querySelector("button > .icon")
    if (!before || this.querySelector("[data-copied]")) return
    const after = icon(sign, before.classList.contains("icon-s") ? "s" : "")
    after.dataset.copied = ""
    before.replaceWith(after)
    setTimeout(() => after.replaceWith(before), 1500)
  }
})

// <template-opener script="…" styles="…"> in a composer: opens the picker of templates, which is fetched when it is wanted, by any
// [data-templates] there; what is filled in there (`template:filled`) is sent.

import { make, toast } from "../lib/dom.js"
import { fetched } from "../lib/fetched.js"
import { me } from "../lib/inbox.js"
import { send } from "../lib/outbox.js"
import { uuid } from "../lib/uuid.js"

customElements.define("template-opener", class extends HTMLElement {
  #leaving = new AbortController()

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    this.composer.addEventListener("click", event => event.target.closest("[data-templates]") && this.open(), { signal })
    document.addEventListener("template:filled", event => this.#send(event.detail), { signal })
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  get composer() { return this.closest("message-composer") }

  async open() {
    try {
      const [answer] = await Promise.all([fetch(`${this.composer.dataset.path}/templates`, { headers: { "HX-Request": "true" } }), fetched(this.getAttribute("script"), this.getAttribute("styles"))])
      if (!answer.ok) throw new Error(answer.status)
      const page = make("template")
      page.innerHTML = await answer.text()
      if (!document.getElementById("dialog-templates")) document.body.append(page.content)
    } catch {
      toast("The templates could not be fetched. Try again in a moment.", { icon: "alert", look: "danger" })
    }
  }

  #send({ content, template, files }) {
    const { conversation, path } = this.composer.dataset
    send({ id: uuid(), conversation, path, content, private: false, replyTo: "", files, fields: [["template", JSON.stringify(template)]], at: new Date().toISOString(), by: me() })
  }
})

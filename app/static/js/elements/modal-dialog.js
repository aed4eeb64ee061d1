// <modal-dialog><dialog id="dialog-x">: opened by any element with data-opens="dialog-x"; the event `dialogs:close` closes all.

import { DialogHost } from "../lib/dialogs.js"

customElements.define("modal-dialog", class extends DialogHost {})

document.addEventListener("click", event => {
  const opener = event.target.closest?.("[data-opens]")
  const host = opener && document.getElementById(opener.dataset.opens)?.parentElement
  if (host instanceof DialogHost) {
    event.preventDefault()
    host.open()
  }
})

document.addEventListener("dialogs:close", () => {
  for (const dialog of document.querySelectorAll("dialog:modal")) dialog.close()
})

// What belongs to the page as a whole: printed keys, the phone's rail, and what could not be fetched.

import { toast } from "./lib/dom.js"
import { printKey } from "./lib/keys.js"

for (const key of document.querySelectorAll("[data-mod-key]")) key.textContent = printKey(`mod+${key.dataset.modKey}`)

document.addEventListener("click", event => {
  const rail = event.target.closest?.("#rail:popover-open")
  if (rail && event.target.closest("a")) rail.hidePopover()
})

// A picture that stands elsewhere, and is there no more, leaves no hole.
document.addEventListener("error", event => {
  if (event.target.matches?.("img[data-may-miss]")) event.target.hidden = true
}, true)

document.addEventListener("htmx:error", event => {
  if (event.detail?.error?.name === "AbortError" || !navigator.onLine) return
  toast("Parley did not answer. Try again in a moment.", { icon: "alert", look: "danger", key: "no-answer" })
})

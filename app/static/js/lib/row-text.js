// What stands in a row of the list for this viewer alone, in the place of the last words: that the customer types, or one's own draft.

import { make } from "./dom.js"
import { draft } from "./drafts.js"

export function dressText(row, { isSelected, isTyping }) {
  const text = row.querySelector(".conversation-text:not([data-dressed])")
  const words = isSelected ? "" : draft(row.id.slice(4))
  const wanted = isTyping ? "typing" : words ? `draft ${words}` : ""
  if ((row.dataset.dress ?? "") === wanted) return
  row.querySelectorAll("[data-dressed]").forEach(old => old.remove())
  row.dataset.dress = wanted
  if (!wanted) delete row.dataset.dress
  text.hidden = Boolean(wanted) && !isTyping
  if (isTyping) text.prepend(make("span", { class: "conversation-typing", "data-dressed": true }, "Typing ", dots()), make("br", { "data-dressed": true }))
  else if (words) text.before(make("p", { class: "conversation-text", "data-dressed": true, dir: "auto" }, make("span", { class: "conversation-draft" }, "Draft"), ` ${words.slice(0, 200)}`))
}

function dots() {
  return make("span", { class: "typing-dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"))
}

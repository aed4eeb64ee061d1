// What a visitor can do with a conversation: end it, and have a copy of it sent.

import { Refused, call } from "./api.js"
import { complain, complete } from "./asks.js"
import { find, t } from "./facts.js"
import { state } from "./state.js"
import { note } from "./thread.js"

// Only what makes sense now is offered.
export function drawMenu() {
  for (const item of document.querySelectorAll("[data-does=end]")) item.hidden = !state.conversation || state.status === "resolved"
  for (const item of document.querySelectorAll("[data-does=transcript]")) item.hidden = !state.conversation
}

export function askToEnd() {
  find("end-dialog").showModal()
}

export function askForAddress() {
  const isKnown = state.contact?.has_email
  find("transcript-field").hidden = isKnown
  find("transcript-known").hidden = !isKnown
  complain(find("transcript-form"))
  find("transcript-dialog").showModal()
}

find("end-form")?.addEventListener("submit", event => {
  if (event.submitter?.value !== "yes") return
  call("POST", `resolution?conversation=${state.conversation}`).then(() => note(t("ended")), () => note(t("no_answer")))
})

find("transcript-form").addEventListener("submit", async event => {
  if (event.submitter?.value !== "yes") return
  event.preventDefault()
  const form = event.target
  const isKnown = state.contact?.has_email
  if (!isKnown && !complete(form)) return
  try {
    await call("POST", "transcript", { conversation: state.conversation, email: isKnown ? "" : form.elements.email.value.trim() })
    state.contact = { ...state.contact, has_email: true }
    find("transcript-dialog").close()
    note(t("transcript_sent"))
  } catch (error) {
    complain(form, error instanceof Refused && error.status < 500 ? error.message : t("no_answer"), isKnown ? null : form.elements.email)
  }
})

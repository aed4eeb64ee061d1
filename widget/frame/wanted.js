// What the page around the frame asks for: who the visitor is, what is known of them, how it should look.

import { call } from "./api.js"
import { t } from "./facts.js"
import { hear, tell } from "./host.js"
import { empty, inOrder } from "./outbox.js"
import { handOver } from "./popout.js"
import { state } from "./state.js"
import { describe, end, pending, setUser } from "./visit.js"

let turn = Promise.resolve()

function inTurn(act) {
  turn = turn.then(act).catch(error => tell("error", { words: error.message || t("no_answer"), status: error.status }))
}

export function listenToHost() {
  hear("page", ({ page }) => (state.page = page))
  hear("scheme", ({ scheme }) => {
    if (scheme === "auto") delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = scheme
  })
  hear("hand-over", ({ code }) => inTurn(() => handOver(code)))
  hear("label", ({ title }) => inTurn(() => call("POST", "labels", { label: title })))
  hear("forget-label", ({ title }) => inTurn(() => call("DELETE", `labels/${encodeURIComponent(title)}`)))
  hear("reset", ({ token }) => {
    // A change that still waits for a connection is not wanted any more.
    empty()
    inTurn(() => end(token))
  })
  hear("user", ({ identifier, user, mark }) => {
    // Its place among what is written is that of now, whatever else waits for its turn.
    const done = inOrder(() => setUser(identifier, user, mark))
    done.catch(() => {})
    inTurn(() => done)
  })
  hear("attributes", ({ attributes }) => inTurn(() => (Object.assign(pending.contact, attributes), describe())))
  hear("forget-attribute", ({ key }) => inTurn(() => (delete pending.contact[key], state.isKnown && call("POST", "contact/destroy_custom_attributes", { custom_attributes: [key] }))))
  hear("conversation-attributes", ({ attributes }) => inTurn(() => (Object.assign(pending.conversation, attributes), describe())))
  hear("forget-conversation-attribute", ({ key }) => inTurn(() => (delete pending.conversation[key], state.conversation && call("POST", "conversations/destroy_custom_attributes", { custom_attributes: [key] }))))
}

// What is asked inside messages: choices, buttons of cards, and fields. The answer goes to the server, and the message comes back
// answered; until then what was typed stays where it is.

import { Refused, call } from "./api.js"
import { find, make, t } from "./facts.js"
import { tell } from "./host.js"
import { put } from "./thread.js"

const list = find("messages")

list.addEventListener("click", event => {
  const pressed = event.target.closest("[data-answer]")
  if (!pressed) return
  const value = pressed.dataset.answer
  const group = pressed.closest("[data-ask]")
  tell("postback", { payload: value, text: pressed.textContent.trim() })
  answer(group, { submitted_values: [{ title: pressed.textContent.trim(), value }] })
})

list.addEventListener("submit", event => {
  const form = event.target.closest("form[data-ask]")
  if (!form) return
  event.preventDefault()
  if (!complete(form)) return
  const fields = [...form.elements].filter(field => field.name)
  if (form.dataset.kind === "input_email") return answer(form, { submitted_email: fields[0].value.trim() })
  answer(form, { submitted_values: fields.map(field => ({ name: field.name, value: valueOf(field) })) })
})

async function answer(group, given) {
  if (group.ariaBusy === "true") return
  group.ariaBusy = "true"
  const wasHere = group.contains(document.activeElement)
  complain(group)
  try {
    const told = await call("PATCH", `messages/${encodeURIComponent(group.dataset.ask)}`, given)
    put(told.html)
    if (wasHere) find("content").focus()
    tell("answered", { message: { id: group.dataset.ask, ...given } })
  } catch (error) {
    if (error instanceof Refused && error.status === 422) refuse(group, error)
    else complain(group, t("no_answer"))
  }
  group.ariaBusy = "false"
}

function refuse(form, error) {
  const wrong = Object.entries(error.fields)
  for (const [place, words] of wrong) complain(form, words, form.elements?.namedItem?.(place.replace(/^submitted_values\./, "")))
  if (!wrong.length) complain(form, error.message)
}

// True when every field holds what it asks for; else the first that does not is where the visitor goes on.
export function complete(form) {
  complain(form)
  const wrong = [...form.elements].filter(field => field.name && !field.checkValidity())
  for (const field of wrong) complain(form, field.validity.valueMissing ? t("fill_in") : field.title || t("not_right"), field)
  wrong[0]?.focus()
  return !wrong.length
}

// Says what is wrong, at the field or below all; without words it takes back what was said before.
export function complain(form, words, field) {
  if (!words) {
    for (const said of form.querySelectorAll(".ask-wrong")) said.remove()
    for (const marked of form.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid")
    return
  }
  const said = make("p", { class: "ask-wrong", role: "alert" }, words)
  field?.setAttribute("aria-invalid", "true")
  const place = field?.closest(".ask-field")
  if (place) place.append(said)
  else if (form.matches("ul")) form.after(said)
  else form.append(said)
}

export function valueOf(field) {
  if (field.type === "checkbox") return field.checked ? "true" : ""
  return field.value.trim()
}

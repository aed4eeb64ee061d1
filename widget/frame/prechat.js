// The form before the first message: asks only what is not known yet, and stays as it is until the server has taken it.

import { Refused, call } from "./api.js"
import { complain, complete, valueOf } from "./asks.js"
import { facts, find, make, t } from "./facts.js"
import { state } from "./state.js"

const NAMES = { emailAddress: "form_email", fullName: "form_name", phoneNumber: "form_phone" }
const TYPES = { email: "email", phone: "tel", number: "number", link: "url", date: "date", checkbox: "checkbox", text: "text" }
const FILLED_BY_THE_BROWSER = { emailAddress: "email", fullName: "name", phoneNumber: "tel" }
const form = find("pre-chat")
let begun = () => {}
let drawn = ""

// `act(answer)` hears of the conversation that has begun; `said()` gives what goes along with its first message.
export function openForm(act, said) {
  begun = act
  form?.addEventListener("submit", event => {
    event.preventDefault()
    if (complete(form)) submit(said())
  })
}

// True when something must be asked before the visitor may write.
export function drawForm() {
  const fields = state.conversation ? [] : facts.preChat.fields.filter(field => state.asked.includes(field.name))
  if (!form) return false
  form.hidden = !fields.length
  const key = fields.map(field => field.name).join()
  if (key !== drawn) {
    drawn = key
    find("pre-chat-fields").replaceChildren(...fields.map(drawField))
  }
  return Boolean(fields.length)
}

export function focusForm() {
  form.querySelector("input, select, textarea")?.focus()
}

async function submit(said) {
  if (form.ariaBusy === "true") return
  form.ariaBusy = "true"
  const fields = [...form.elements].filter(field => field.name && field.name !== "content")
  const content = form.elements.content.value.trim()
  try {
    form.dataset.client ||= crypto.randomUUID?.() ?? ""
    const answer = await call("POST", "messages", { ...said, content, client_id: form.dataset.client, pre_chat: Object.fromEntries(fields.map(field => [field.name, valueOf(field)])) })
    form.reset()
    delete form.dataset.client
    begun(answer)
  } catch (error) {
    if (!(error instanceof Refused) || error.status >= 500) complain(form, t("no_answer"))
    else refuse(error)
  }
  form.ariaBusy = "false"
}

function refuse(error) {
  const wrong = Object.entries(error.fields).map(([place, words]) => [form.elements.namedItem(place.replace(/^pre_chat\./, "")), words])
  for (const [field, words] of wrong) complain(form, words, field)
  if (wrong.length) wrong[0][0]?.focus()
  else complain(form, error.message)
}

function drawField(field, at) {
  const id = `pre-chat-${at}`
  const words = field.label || (NAMES[field.name] ? t(NAMES[field.name]) : field.name)
  const label = make("label", { for: id, dir: "auto" }, words)
  if (!field.required) label.append(" ", make("small", {}, t("optional")))
  return make("div", { class: field.type === "checkbox" ? "ask-field ask-check" : "ask-field" }, label, drawInput(field, id))
}

function drawInput(field, id) {
  const shared = { id, name: field.name, ...(field.required && { required: "" }), ...(field.regex_cue && { title: field.regex_cue }) }
  if (field.type === "list") return make("select", shared, ...["", ...field.values].map(value => make("option", { value }, value)))
  if (field.type === "checkbox") return make("input", { ...shared, type: "checkbox" })
  const type = field.name === "emailAddress" ? "email" : field.name === "phoneNumber" ? "tel" : TYPES[field.type]
  const filled = FILLED_BY_THE_BROWSER[field.name]
  return make("input", { ...shared, type, maxlength: 1500, dir: "auto", placeholder: field.placeholder, ...(filled && { autocomplete: filled }) })
}

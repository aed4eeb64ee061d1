// Where the visitor writes: Enter sends, files are picked, pasted or dropped, and the desk sees that they are typing.

import { call } from "./api.js"
import { facts, find, icon, make, size, t } from "./facts.js"
import { state } from "./state.js"

const MOST = 15
const STILL_TYPING = 4000
const STOPPED = 5000
const form = find("composer")
const field = find("content")
const shown = find("files")
const picker = find("picker")
const trouble = find("trouble")
let files = []

// `say(content, files)` is called with what is sent.
export function openComposer(say) {
  form.addEventListener("submit", event => {
    event.preventDefault()
    const content = field.value.trim()
    if (!content && !files.length) return
    stopTyping()
    say(content, files)
    field.value = ""
    setFiles([])
    grow()
    field.focus()
  })
}

export function focusComposer() {
  field.focus()
}

field.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
  event.preventDefault()
  form.requestSubmit()
})
field.addEventListener("input", () => {
  grow()
  tellTyping()
})

function grow() {
  if (CSS.supports("field-sizing", "content")) return
  field.style.height = "auto"
  field.style.height = `${field.scrollHeight}px`
}

/* typing */

let toldAt = 0
let stops

function tellTyping() {
  clearTimeout(stops)
  if (!field.value.trim()) return stopTyping()
  stops = setTimeout(stopTyping, STOPPED)
  if (Date.now() - toldAt < STILL_TYPING) return
  toldAt = Date.now()
  call("POST", "typing", { on: true, conversation: state.conversation }).catch(() => {})
}

function stopTyping() {
  clearTimeout(stops)
  if (toldAt) call("POST", "typing", { on: false, conversation: state.conversation }).catch(() => {})
  toldAt = 0
}

/* files */

if (picker) {
  const view = find("chat")
  document.querySelector("[data-does=attach]").title = t("file_limit", { limit: size(facts.maxUpload) })
  view.dataset.drop = t("drop_here")
  picker.addEventListener("change", () => {
    take(picker.files)
    picker.value = ""
  })
  document.querySelector("[data-does=attach]").addEventListener("click", () => picker.click())
  field.addEventListener("paste", event => {
    // A copied table or formatted text brings a picture of itself: its words are what is meant.
    if (!event.clipboardData.files.length || event.clipboardData.types.includes("text/plain")) return
    event.preventDefault()
    take(event.clipboardData.files)
  })
  let depth = 0
  const dropping = change => view.classList.toggle("is-dropping", (depth = change) > 0)
  const holdsFiles = event => event.dataTransfer?.types.includes("Files")
  view.addEventListener("dragenter", event => holdsFiles(event) && dropping(depth + 1))
  view.addEventListener("dragleave", event => holdsFiles(event) && dropping(depth - 1))
  view.addEventListener("dragover", event => holdsFiles(event) && event.preventDefault())
  view.addEventListener("drop", event => {
    if (!holdsFiles(event)) return
    event.preventDefault()
    dropping(0)
    take(event.dataTransfer.files)
  })
}

function take(given) {
  complain("")
  const fitting = [...given].filter(file => file.size <= facts.maxUpload)
  const refused = [...given].find(file => file.size > facts.maxUpload)
  if (refused) complain(t("too_large", { name: refused.name, limit: size(facts.maxUpload) }))
  if (files.length + fitting.length > MOST) complain(t("too_many"))
  setFiles([...files, ...fitting].slice(0, MOST))
  field.focus()
}

function setFiles(now) {
  files = now
  shown.hidden = !files.length
  shown.replaceChildren(...files.map(chip))
}

function chip(file) {
  const remove = make("button", { type: "button", class: "icon-button", "aria-label": t("remove_file", { name: file.name }) }, icon("x"))
  remove.onclick = () => setFiles(files.filter(each => each !== file))
  return make("li", { class: "widget-file" }, make("span", {}, file.name), remove)
}

function complain(words) {
  trouble.textContent = words
  trouble.hidden = !words
}

/* emoji: the list is fetched when it is first asked for */

const emoji = find("emoji")

emoji?.addEventListener("toggle", async event => {
  if (event.newState !== "open" || emoji.childElementCount) return
  const groups = await fetch(emoji.dataset.source).then(answer => answer.json()).catch(() => ({}))
  for (const signs of Object.values(groups)) {
    emoji.append(make("div", { class: "widget-emojis" }, ...signs.map(([sign]) => make("button", { type: "button", "data-emoji": "" }, sign))))
  }
  emoji.querySelector("button")?.focus()
})
emoji?.addEventListener("click", event => {
  const chosen = event.target.closest("[data-emoji]")
  if (!chosen) return
  emoji.hidePopover()
  field.setRangeText(chosen.textContent, field.selectionStart, field.selectionEnd, "end")
  field.focus()
  field.dispatchEvent(new InputEvent("input", { bubbles: true }))
})

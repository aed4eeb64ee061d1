// <mark-tools for="field" reply="bold link" note="…">: marks the chosen words of a field in markdown, by its menu ([data-mark]) or by
// keys; shows only the marks that the answer's channel, or a note, can show (`dress(kind)`).

import { isKey, printKey } from "../lib/keys.js"

const AROUND = { bold: "**", italic: "_", strike: "~~", code: "`" }
const BEFORE = { quote: "> ", list: "- " }

customElements.define("mark-tools", class extends HTMLElement {
  #leaving = new AbortController()

  connectedCallback() {
    const { signal } = this.#leaving = new AbortController()
    this.addEventListener("click", event => this.#mark(event.target.closest("[data-mark]")), { signal })
    this.field?.addEventListener("keydown", event => this.#pressed(event), { signal })
    for (const kbd of this.querySelectorAll("[data-mark-key] > kbd")) kbd.textContent = printKey(kbd.parentElement.dataset.markKey)
    this.dress("reply")
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  get field() { return document.getElementById(this.getAttribute("for")) }
  get marks() { return [...this.querySelectorAll("[data-mark]")] }

  dress(kind) {
    const shown = (this.getAttribute(kind) ?? "").split(" ").filter(Boolean)
    for (const mark of this.marks) mark.hidden = !shown.includes(mark.dataset.mark)
    this.hidden = !shown.length
  }

  #pressed(event) {
    const mark = this.marks.find(one => !one.hidden && one.dataset.markKey && isKey(event, one.dataset.markKey))
    if (!mark) return
    event.preventDefault()
    this.#mark(mark)
  }

  #mark(item) {
    if (!item) return
    const { field } = this
    field.focus()
    const name = item.dataset.mark
    if (name === "link") linkAround(field)
    else if (BEFORE[name]) beforeLines(field, BEFORE[name])
    else around(field, AROUND[name])
  }
})

// As if it were typed, so that the browser can undo it.
function write(field, text) {
  if (!document.execCommand("insertText", false, text)) field.setRangeText(text, field.selectionStart, field.selectionEnd, "end")
  field.dispatchEvent(new Event("input", { bubbles: true }))
}

function chosen({ value, selectionStart, selectionEnd }) {
  return value.slice(selectionStart, selectionEnd)
}

// Pressed once more, the same marks go away; white space at the edges stays outside of them.
function around(field, sign) {
  const { selectionStart: from, selectionEnd: to, value } = field
  if (value.slice(from - sign.length, from) === sign && value.slice(to, to + sign.length) === sign && from >= sign.length) {
    const words = chosen(field)
    field.setSelectionRange(from - sign.length, to + sign.length)
    write(field, words)
    return field.setSelectionRange(from - sign.length, to - sign.length)
  }
  const [, lead, words, tail] = chosen(field).match(/^(\s*)([^]*?)(\s*)$/)
  write(field, `${lead}${sign}${words}${sign}${tail}`)
  field.setSelectionRange(from + lead.length + sign.length, from + lead.length + sign.length + words.length)
}

function beforeLines(field, sign) {
  const from = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1
  field.setSelectionRange(from, field.selectionEnd)
  const lines = chosen(field).split("\n")
  const isMarked = lines.every(line => line.startsWith(sign))
  write(field, lines.map(line => isMarked ? line.slice(sign.length) : sign + line).join("\n"))
}

function linkAround(field) {
  const words = chosen(field)
  const from = field.selectionStart
  const isAddress = /^https?:\/\//.test(words)
  write(field, isAddress ? `[](${words})` : `[${words}](https://)`)
  const at = isAddress ? from + 1 : from + words.length + 3
  field.setSelectionRange(at, isAddress ? at : at + 8)
}

// How keys are written (`e`, `?`, `mod+enter`, `shift+t`), recognised and printed. `mod` is Command on a Mac, Control elsewhere.

const MAC = /Mac|iPhone|iPad/.test(navigator.platform)
const SIGNS = { mod: MAC ? "⌘" : "Ctrl", shift: "⇧", alt: MAC ? "⌥" : "Alt", enter: "↵", escape: "Esc", arrowup: "↑", arrowdown: "↓", arrowleft: "←", arrowright: "→" }

export function isKey(event, written) {
  const parts = written.toLowerCase().split("+")
  const key = parts.pop() || "+"
  if (event.isComposing || event.key.toLowerCase() !== key) return false
  if (parts.includes("mod") !== (MAC ? event.metaKey : event.ctrlKey)) return false
  if (parts.includes("alt") !== event.altKey) return false
  // A sign like ? already needs Shift on many keyboards; only letters and named keys ask for it by name.
  return /^([a-z]|.{2,})$/.test(key) ? parts.includes("shift") === event.shiftKey : true
}

export function printKey(written) {
  const parts = written.split("+")
  return parts.map(part => SIGNS[part.toLowerCase()] ?? (part.length === 1 ? part.toUpperCase() : part)).join(MAC ? "" : " ")
}

export function isTyping(event) {
  const target = event.composedPath()[0]
  return target instanceof Element && target.matches("input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]:not([contenteditable=false])")
}

// The few words elements share for making nodes and speaking in events.

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "")
    else if (value !== false && value != null) node.setAttribute(name, value)
  }
  node.append(...children)
  return node
}

export function emit(element, name, detail = {}) {
  return element.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true, detail }))
}

// Shows a toast: options are icon, look ("danger"), stays, key (a later one with the same key takes its place).
export function toast(text, options = {}) {
  emit(document, "toast", { text, ...options })
}

// Small pieces of the page.

const ICONS = {
  chat: "M7.9 20A9 9 0 1 0 4 16.1L2 22Z",
  down: "m6 9 6 6 6-6",
  close: "M18 6 6 18M6 6l12 12",
}

export function element(tag, attributes, ...children) {
  const node = document.createElement(tag)
  for (const name in attributes) node.setAttribute(name, attributes[name])
  node.append(...children)
  return node
}

export function icon(name) {
  const at = "http://www.w3.org/2000/svg"
  const svg = document.createElementNS(at, "svg")
  svg.setAttribute("viewBox", "0 0 24 24")
  svg.setAttribute("aria-hidden", "true")
  const path = document.createElementNS(at, "path")
  path.setAttribute("d", ICONS[name])
  svg.append(path)
  return svg
}

export function whenIdle(act) {
  (window.requestIdleCallback || setTimeout)(act, { timeout: 3000 })
}

// What the server told this page about its inbox, and the words of its language.

export const facts = JSON.parse(document.getElementById("facts").textContent)

export function t(key, values = {}) {
  return (facts.words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
}

// The server's markup is in no language: it names the words it wants, and the sizes it means.
export function translate(piece) {
  for (const file of piece.querySelectorAll("[data-size]")) file.textContent = size(Number(file.dataset.size))
  for (const node of piece.querySelectorAll("[data-says]")) node.textContent = t(node.dataset.says)
  for (const node of piece.querySelectorAll("[data-says-label]")) node.setAttribute("aria-label", t(node.dataset.saysLabel))
  for (const node of piece.querySelectorAll("[data-says-placeholder]")) {
    node.placeholder = t(node.dataset.saysPlaceholder)
    node.setAttribute("aria-label", node.placeholder)
  }
}

export function find(id) {
  return document.getElementById(id)
}

// English without a country would be American, so the browser's own kind of a language goes first.
const language = navigator.languages.find(each => each.startsWith(facts.locale)) ?? facts.locale

export function clock(moment) {
  return new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(moment)
}

export function weekday(moment) {
  return new Intl.DateTimeFormat(language, { weekday: "long" }).format(moment)
}

export function dayOf(moment) {
  const days = Math.round((startOf(new Date()) - startOf(moment)) / 86_400_000)
  if (days < 2) return capital(new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-days, "day"))
  if (days < 7) return capital(new Intl.DateTimeFormat(language, { weekday: "long" }).format(moment))
  return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(moment)
}

export function size(bytes) {
  const [unit, part] = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6]
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: part === 1e6 ? 1 : 0 }).format(Math.max(bytes / part, 0.1))
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("class", "icon")
  svg.setAttribute("aria-hidden", "true")
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use")
  use.setAttribute("href", `#i-${name}`)
  svg.append(use)
  return svg
}

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
  node.append(...children)
  return node
}

function startOf(moment) {
  return new Date(moment).setHours(0, 0, 0, 0)
}

function capital(words) {
  return words.charAt(0).toLocaleUpperCase(language) + words.slice(1)
}

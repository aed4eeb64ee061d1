// What a page can do, read from the page itself: elements with data-key (a shortcut) or data-command (a line of the palette).

import { isKey } from "./keys.js"

export function commands(root = document) {
  return [...root.querySelectorAll("[data-command], [data-key]")].filter(isReady).map(element => ({
    element,
    name: element.dataset.command ?? element.dataset.keyLabel ?? element.getAttribute("aria-label") ?? element.textContent.trim(),
    group: element.dataset.commandGroup ?? "",
    key: element.dataset.key ?? "",
    sign: element.querySelector("use")?.getAttribute("href").split("#i-")[1] ?? "right",
  }))
}

export function commandFor(event) {
  const roots = document.querySelectorAll("dialog:modal")
  return commands(roots.length ? roots[roots.length - 1] : document).find(one => one.key.split(/ (?=.)/).some(key => key && isKey(event, key)) && isReachable(one.element))
}

export function run(element) {
  if (element.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select")) element.focus()
  else element.click()
}

function isReady(element) {
  return !element.disabled && element.getAttribute("aria-disabled") !== "true" && !element.closest("[inert]")
}

// A key may press what waits in a closed menu, but not what its screen has put away.
function isReachable(element) {
  const menu = element.closest("[popover]")
  // What is a drawer on a narrow screen stands open on a wide one.
  return menu && !menu.checkVisibility() ? (menu.parentElement?.checkVisibility() ?? false) : element.checkVisibility()
}

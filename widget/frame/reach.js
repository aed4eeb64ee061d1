// Whether the server can be reached: said after a moment, so that a short gap is not shown.

import { find } from "./facts.js"

const PATIENCE = 3000
let unreachable

export function isReachable(yes) {
  clearTimeout(unreachable)
  const shown = find("offline")
  if (yes) shown.hidden = true
  else unreachable = setTimeout(() => (shown.hidden = false), navigator.onLine ? PATIENCE : 0)
}

addEventListener("offline", () => isReachable(false))

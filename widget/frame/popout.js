// The same conversation in a window of its own: how the session gets there, and where a window without a host keeps it.

import { Refused, call } from "./api.js"
import { facts } from "./facts.js"
import { isFramed } from "./host.js"

const PLACE = `parley:token:${facts.websiteToken}`
export const isPopout = !isFramed && new URLSearchParams(location.search).has("popout")
const TRIES = 40

// Opens at once, where the visitor pressed, with a secret behind the # of its address, which no server hears. True when it opened.
export function popOut() {
  const code = [...crypto.getRandomValues(new Uint8Array(32))].map(each => each.toString(16).padStart(2, "0")).join("")
  const place = new URL(location.href)
  place.searchParams.set("popout", "1")
  place.hash = code
  if (!window.open(place, "parley", "popup,width=400,height=600")) return false
  handOver(code).catch(() => {})
  return true
}

// Tells the server which session the secret stands for.
export function handOver(code) {
  return call("POST", "hand-over", { code })
}

// The token this window goes on with: the one handed over to it, else its own. A pop-out forgets it with the window.
export async function ownToken() {
  const code = location.hash.slice(1)
  if (!isPopout || !code) return kept()
  // The secret works once; all the same it has no business in the history.
  history.replaceState(null, "", location.pathname + location.search)
  keepOwn(await redeemed(code))
  return kept()
}

export function keepOwn(token) {
  try {
    if (token) storage().setItem(PLACE, token)
    else storage().removeItem(PLACE)
  } catch { /* kept for as long as the page is open */ }
}

function kept() {
  try { return storage().getItem(PLACE) } catch { return null }
}

function storage() {
  return isPopout ? sessionStorage : localStorage
}

// The frame tells the server as soon as it can; this window may be here first.
async function redeemed(code) {
  for (let tried = 0; tried < TRIES; tried++) {
    try {
      return (await call("POST", "hand-over/redemption", { code })).token
    } catch (error) {
      if (error instanceof Refused && error.status !== 404 && error.status !== 503) return null
      await new Promise(resolve => setTimeout(resolve, Math.min(150 * (tried + 1), 750)))
    }
  }
  return null
}

// Opened once more from the page: the window is there already, and only hears of a new secret.
if (isPopout) addEventListener("hashchange", () => location.hash.length > 1 && location.reload())

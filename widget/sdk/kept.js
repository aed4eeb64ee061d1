// What this browser keeps of the visitor: a cookie of this site, or its storage where cookies are refused.

import { settings, state } from "./state.js"

const place = () => "parley_" + state.token.slice(0, 24)
const userPlace = () => "parley_user_" + state.token.slice(0, 24)

export function recall() {
  return kept(place())
}

export function remember(token) {
  keep(place(), token)
  if (!token) rememberUser(null)
}

// The mark of what setUser was last told, by this very session.
export function recallUser() {
  return recall() && kept(userPlace())
}

export function rememberUser(mark) {
  keep(userPlace(), mark)
}

// cyrb53: short, and enough to see that something changed.
export function hash(said) {
  let one = 0xdeadbeef, two = 0x41c6ce57
  for (const sign of said) {
    one = Math.imul(one ^ sign.codePointAt(0), 2654435761)
    two = Math.imul(two ^ sign.codePointAt(0), 1597334677)
  }
  return (one >>> 0).toString(36) + (two >>> 0).toString(36)
}

function kept(name) {
  const found = document.cookie.split("; ").find(each => each.startsWith(name + "="))
  if (found) return decodeURIComponent(found.slice(name.length + 1)) || null
  try { return localStorage.getItem(name) } catch (refused) { return null }
}

function keep(name, value) {
  const domain = settings().baseDomain ? "; Domain=" + settings().baseDomain : ""
  const secure = location.protocol === "https:" ? "; Secure" : ""
  document.cookie = name + "=" + encodeURIComponent(value || "") + "; Path=/; SameSite=Lax; Max-Age=" + (value ? state.config.days * 86400 : 0) + domain + secure
  try {
    if (value && !document.cookie.includes(name + "=")) localStorage.setItem(name, value)
    else localStorage.removeItem(name)
  } catch (refused) { /* this visit is then forgotten with the page */ }
}

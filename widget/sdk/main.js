// Parley on a customer's page: the launcher, and the frame behind it.
//
//   parley.run({ websiteToken: "…", baseUrl: "https://desk.example.com" })
//
// It does nothing until the page has loaded, and asks for one small answer (colour, side, words). A passer-by costs no socket, no
// polling, no cookie and no row.

import { whenIdle } from "./dom.js"
import { makeFrame, query, reload, say, waiting } from "./frame.js"
import { hear, page } from "./hear.js"
import { recall } from "./kept.js"
import { label, paint } from "./look.js"
import { draw, popout, toggle, toggleBubbleVisibility } from "./panel.js"
import { api, emit, fail, settings, state } from "./state.js"
import {
  deleteConversationCustomAttribute, deleteCustomAttribute, removeLabel, reset, setConversationCustomAttributes, setCustomAttributes,
  setLabel, setUser,
} from "./visitor.js"

const own = document.currentScript
const NAVIGATED = ["turbo:load", "astro:page-load", "popstate"]
const SCHEMES = ["light", "dark", "auto"]

function run(options) {
  // Pages that are changed in place run their scripts again: there is one chat.
  if (api.websiteToken) return
  const { websiteToken, baseUrl } = options || {}
  if (typeof websiteToken !== "string" || !websiteToken) return fail("run needs a websiteToken, as the inbox's settings show it.")
  try {
    state.base = new URL(baseUrl || (own && own.src) || location.href, location.href).origin
  } catch (odd) {
    return fail("run: baseUrl is not an address.")
  }
  const wanted = settings()
  Object.assign(api, { websiteToken, baseUrl: state.base })
  state.token = websiteToken
  state.locale = String(wanted.locale || (wanted.useBrowserLanguage ? navigator.language : ""))
  state.scheme = SCHEMES.includes(wanted.darkMode) ? wanted.darkMode : "auto"
  addEventListener("message", hear)
  for (const name of NAVIGATED) addEventListener(name, () => say("page", { page: page() }, false))
  if (document.readyState === "complete") begin()
  else addEventListener("load", begin)
}

async function begin() {
  if (!(await learn())) return
  draw()
  api.hasLoaded = true
  emit("ready")
  if (recall() || waiting.length) whenIdle(makeFrame)
}

// Colour, side and words; false when there is no such chat.
async function learn() {
  try {
    const answer = await fetch(state.base + "/widget/api/launcher?" + query(), { credentials: "omit" })
    const told = await answer.json()
    if (!answer.ok) return fail(told.error, answer.status)
    state.config = told
  } catch (unreached) {
    // A policy of this page may forbid to ask; the frame has the same facts.
  }
  return true
}

async function setLocale(code) {
  if (typeof code !== "string" || !code) return fail("setLocale needs a language, as in de or pt-BR.")
  state.locale = code
  if (!state.ui || !(await learn())) return
  label()
  paint()
  reload()
}

function setColorScheme(wanted) {
  if (!SCHEMES.includes(wanted)) return fail("setColorScheme takes light, dark or auto.")
  state.scheme = wanted
  paint()
  say("scheme", { scheme: wanted }, false)
}

if (!(window.parley && window.parley.run)) {
  window.parley = window.$chatwoot = Object.assign(api, {
    run, toggle, toggleBubbleVisibility, setUser, setCustomAttributes, deleteCustomAttribute, setConversationCustomAttributes,
    deleteConversationCustomAttribute, setLabel, removeLabel, setLocale, setColorScheme, reset,
    open: () => toggle("open"),
    close: () => toggle("close"),
    popoutChatWindow: popout,
  })
  window.parleySDK = window.chatwootSDK = { run }
}

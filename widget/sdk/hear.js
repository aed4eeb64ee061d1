// Hears the frame: only the very window we made, and only Parley's origin.

import { focusFrame, post, waiting } from "./frame.js"
import { recall, remember, rememberUser } from "./kept.js"
import { showUnread, tease } from "./look.js"
import { popout, toggle } from "./panel.js"
import { api, emit, settings, state } from "./state.js"

// The settings that the frame follows itself.
const FOLLOWED = [
  "showPopoutButton", "welcomeTitle", "welcomeDescription", "availableMessage", "unavailableMessage",
  "enableFileUpload", "enableEmojiPicker", "enableEndConversation",
]

export function hear({ source, origin, data }) {
  if (!state.frame || source !== state.frame.contentWindow || origin !== state.base || !data) return
  if (Object.hasOwn(HEARD, data.parley)) HEARD[data.parley](data)
}

const HEARD = {
  loaded() {
    state.isLoaded = true
    if (api.isOpen && [state.ui.host, document.body].includes(document.activeElement)) focusFrame()
    post("start", { token: recall(), isOpen: api.isOpen, byKeyboard: state.byKeyboard, page: page(), wishes: wishes() })
  },
  ready() {
    state.isReady = true
    if (api.isOpen) post("opened", { byKeyboard: state.byKeyboard, token: recall() })
    for (const [name, data] of waiting.splice(0)) post(name, data)
  },
  token: ({ token }) => remember(token),
  forget: () => remember(null),
  close: () => toggle("close"),
  popout,
  unread({ count, preview }) {
    showUnread(count)
    tease(preview)
  },
  message: ({ message }) => emit("on-message", message),
  answered: ({ message }) => emit("on-message", message),
  started: () => emit("on-start-conversation"),
  postback: ({ payload, text }) => emit("postback", { payload, text }),
  identified: ({ mark }) => rememberUser(mark),
  error: ({ words, status }) => emit("error", { message: words, status }),
}

export function page() {
  return { url: location.href.slice(0, 2048), title: document.title.slice(0, 500) }
}

// Plain values alone: whatever else a page put into its settings could not be handed over.
function wishes() {
  const wanted = settings(), told = {}
  for (const name of FOLLOWED) if (["string", "boolean"].includes(typeof wanted[name])) told[name] = wanted[name]
  return told
}

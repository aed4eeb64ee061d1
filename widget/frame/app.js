// The widget's frame: meets the page around it, begins the visit, and joins the parts.

import { visitor } from "./api.js"
import { openComposer } from "./composer.js"
import { facts } from "./facts.js"
import { hear, isFramed, meetHost, tell } from "./host.js"
import { line } from "./live.js"
import { openOutbox, write } from "./outbox.js"
import { isPopout, ownToken } from "./popout.js"
import { openForm } from "./prechat.js"
import { state } from "./state.js"
import { older } from "./talk.js"
import { onOldest } from "./thread.js"
import { closed, opened, show } from "./views.js"
import { begin, keepToken, lost, sent, whenEnded } from "./visit.js"
import { listenToHost } from "./wanted.js"
import { heed } from "./wishes.js"

async function start() {
  openComposer(write)
  const greeting = await meetHost()
  if (isFramed && !greeting) return
  state.page = greeting?.page ?? {}
  state.isAlone = !greeting
  heed(greeting?.wishes)
  visitor.token = greeting ? greeting.token : await ownToken()
  await begin()
  openOutbox({ before: () => keepToken(), page, sent, lost })
  openForm(answer => (keepToken(), sent(answer, true)), () => ({ ...page(), anew: Boolean(state.anew) }))
  onOldest(older)
  hear("opened", opened)
  hear("closed", closed)
  listenToHost()
  whenEnded(() => show("home"))
  tell("ready", { conversation: Boolean(state.conversation) })
  if (!isFramed || greeting?.isOpen) opened(greeting ?? { view: isPopout ? "chat" : "" })
  else if (state.conversation) line()
}

function page() {
  return { page_url: state.page.url, page_title: state.page.title }
}

// Until now nobody would have heard a press.
document.querySelector("main").inert = facts.isPreview
if (!facts.isPreview) start()

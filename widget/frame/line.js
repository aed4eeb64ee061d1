// The live line: a socket opened with a ticket, that notices silence and comes back by itself. While it cannot be had, every
// attempt is also a moment to look over HTTP, so that the thread goes on without it, only later.

import { call, visitor } from "./api.js"

const SILENCE = 35_000
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 8000

let heard = {}
let isWanted = false
let isDialling = false
let socket = null
let pause = FIRST_PAUSE
let again, silence

// `listeners`: html(text), event(data), missed() when something may have gone by, lost() when the token is refused.
export function openLine(listeners) {
  heard = listeners
  isWanted = true
  dial()
}

export function closeLine() {
  isWanted = false
  hangUp()
}

async function dial() {
  clearTimeout(again)
  if (!isWanted || socket || isDialling) return
  isDialling = true
  const asked = visitor.token
  try {
    const { ticket } = await call("POST", "ticket")
    // A ticket is for one visitor: whoever is here meanwhile needs their own.
    if (asked !== visitor.token) again = setTimeout(dial)
    else if (isWanted) listen(new WebSocket(`${location.origin.replace("http", "ws")}/widget/socket?ticket=${ticket}`))
  } catch (error) {
    if (error.status === 401 && asked === visitor.token) return heard.lost()
    later()
  } finally {
    isDialling = false
  }
}

function listen(own) {
  socket = own
  own.onclose = () => own === socket && later()
  own.onmessage = ({ data }) => {
    clearTimeout(silence)
    silence = setTimeout(later, SILENCE)
    if (!data.startsWith("{")) return heard.html(data)
    const told = JSON.parse(data)
    if (told.event === "ready") {
      pause = FIRST_PAUSE
      heard.missed()
    }
    heard.event(told)
  }
}

function later() {
  hangUp()
  if (!isWanted) return
  heard.missed()
  again = setTimeout(dial, pause * (0.5 + Math.random() / 2))
  pause = Math.min(pause * 2, LONGEST_PAUSE)
}

function hangUp() {
  clearTimeout(silence)
  clearTimeout(again)
  const own = socket
  socket = null
  own?.close()
}

function returned() {
  pause = FIRST_PAUSE
  if (socket?.readyState === WebSocket.OPEN) heard.missed?.()
  else dial()
}

addEventListener("online", () => {
  // A line that was cut does not know it yet.
  hangUp()
  returned()
})
addEventListener("pageshow", event => event.persisted && returned())
document.addEventListener("visibilitychange", () => document.hidden || returned())

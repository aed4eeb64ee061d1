// Speaks with the page around the frame. Its origin, as it greets, is kept: nothing is taken from, or told to, any other from then on.
// Which sites may frame us at all is the server's word. Whoever merely opened this window is not its host: any site could.

const host = window.parent !== window ? window.parent : null
const listeners = new Map()
let origin = null

export const isFramed = window.parent !== window

export function hear(name, listener) {
  listeners.set(name, listener)
}

export function tell(name, data = {}) {
  if (host && origin) host.postMessage({ ...data, parley: name }, origin)
}

// Resolves with the host's greeting; with null when there is no host, or it stays silent.
export function meetHost() {
  if (!host) return Promise.resolve(null)
  return new Promise(resolve => {
    const silence = setTimeout(() => resolve(null), 5000)
    hear("start", greeting => {
      clearTimeout(silence)
      resolve(greeting)
    })
    host.postMessage({ parley: "loaded" }, "*")
  })
}

window.addEventListener("message", ({ source, origin: from, data }) => {
  if (source !== host || typeof data?.parley !== "string") return
  if (data.parley === "start") origin ??= from
  if (from === origin) listeners.get(data.parley)?.(data)
})

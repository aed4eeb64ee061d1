// Asks Parley, in the visitor's name. A refusal (4xx, 5xx) carries its status and words, by field where there are fields; no answer at
// all is Unreachable.

import { facts } from "./facts.js"

export class Refused extends Error {
  constructor(status, said, retryAfter) {
    super(said?.error ?? "")
    this.status = status
    this.fields = said?.fields ?? {}
    this.retryAfter = retryAfter
  }
}

export class Unreachable extends Error {}

export const visitor = { token: null }

export async function call(method, path, body) {
  const headers = visitor.token ? { "X-Auth-Token": visitor.token } : {}
  if (body) headers["Content-Type"] = "application/json"
  let answer
  try {
    // Cookies prove nothing here, and would travel on some browsers only.
    answer = await fetch(address(path), { method, headers, credentials: "omit", body: body && JSON.stringify(body) })
  } catch {
    throw new Unreachable()
  }
  const said = answer.status === 204 ? null : await answer.json().catch(() => null)
  if (!answer.ok) throw new Refused(answer.status, said, Number(answer.headers.get("Retry-After")))
  return said
}

// A form with files; `progress` hears how much of it has gone, from 0 to 1.
export function upload(path, form, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open("POST", address(path))
    request.responseType = "json"
    if (visitor.token) request.setRequestHeader("X-Auth-Token", visitor.token)
    request.upload.onprogress = event => event.lengthComputable && progress(event.loaded / event.total)
    request.onerror = request.onabort = () => reject(new Unreachable())
    request.onload = () => {
      if (request.status < 300) resolve(request.response)
      else reject(new Refused(request.status, request.response, Number(request.getResponseHeader("Retry-After"))))
    }
    request.send(form)
  })
}

function address(path) {
  const [place, query] = path.split("?")
  return `/widget/api/${place}?website_token=${encodeURIComponent(facts.websiteToken)}${query ? `&${query}` : ""}`
}

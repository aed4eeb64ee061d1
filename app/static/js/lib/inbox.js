// What the inbox's elements share: who is looking, and requests whose answers are pieces of the page.

export function desk() {
  return document.querySelector("live-socket")
}

export function me() {
  return desk()?.dataset.me ?? ""
}

export function home() {
  return desk()?.dataset.home ?? ""
}

// Asks the server and shows the pieces it answers with, the words of a refusal too; throws when there was no answer or a refusal.
export async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { "HX-Request": "true", ...options.headers } })
  const text = await answer.text()
  if (text.includes("<hx-partial")) await show(text)
  if (!answer.ok) throw Object.assign(new Error(`${path} answered ${answer.status}`), { status: answer.status })
  return text
}

export function show(html) {
  return htmx.swap({ sourceElement: document.body, target: document.body, swap: "none", text: html })
}

const TELLS_WITHIN = 10_000
const turns = new Map()

// Tells the server something that nobody waits for; it may be lost, but what is told at one address never overtakes what was told
// there before.
export function tell(path, method = "POST", values = null) {
  const body = values && new URLSearchParams(values)
  const say = () => fetch(path, { method, body, keepalive: true, headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(TELLS_WITHIN) })
  const before = turns.get(path)
  const turn = (before ? before.then(say) : say()).catch(() => {}).then(() => turns.get(path) === turn && turns.delete(path))
  turns.set(path, turn)
}

// Keeps a habit of the person, such as the order of the list.
export function keep(habits) {
  tell("/profile/habits", "PUT", habits)
}

// One's own name is “You”, wherever the server wrote it.
export function nameMe(root = document) {
  const own = me()
  if (!own) return
  for (const name of root.querySelectorAll(`[data-name-of="${own}"]`)) if (name.textContent !== "You") name.textContent = "You"
}

export function isWatched() {
  return document.visibilityState === "visible" && document.hasFocus()
}

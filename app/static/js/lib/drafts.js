// What was written and not sent, kept in this browser for each conversation; and what could not be sent yet.

const DRAFT = "parley:draft:"
const UNSENT = "parley:unsent:"

export function draft(conversation, kind = "reply") {
  return read(`${DRAFT}${conversation}:${kind}`) ?? ""
}

export function keepDraft(conversation, kind, text) {
  write(`${DRAFT}${conversation}:${kind}`, text.trim() ? text : null)
}

// {id, content, private, reply_to, at}: files are too large to be kept.
export function unsent(conversation) {
  try { return JSON.parse(read(UNSENT + conversation) ?? "[]") } catch { return [] }
}

export function keepUnsent(conversation, said) {
  write(UNSENT + conversation, JSON.stringify([...unsent(conversation).filter(one => one.id !== said.id), said]))
}

export function forgetUnsent(conversation, id) {
  const left = unsent(conversation).filter(one => one.id !== id)
  write(UNSENT + conversation, left.length ? JSON.stringify(left) : null)
}

function read(key) {
  try { return localStorage.getItem(key) } catch { return null }
}

function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch { /* a full or forbidden store keeps nothing; what is on the page stays */ }
}

// Scores how well typed letters fit a phrase: all of them, in order; better at the start of words and in a row. 0 is no fit.

export function fit(typed, phrase) {
  const wanted = plain(typed)
  const text = plain(phrase)
  if (!wanted) return 1
  const straight = text.indexOf(wanted)
  if (straight >= 0) return 100 + (straight === 0 || text[straight - 1] === " " ? 50 : 0) - text.length / 100
  let score = 0, at = -1
  for (const letter of wanted.replaceAll(" ", "")) {
    const next = text.indexOf(letter, at + 1)
    if (next < 0) return 0
    score += next === at + 1 ? 3 : next === 0 || text[next - 1] === " " ? 2 : 0.2
    at = next
  }
  return score > wanted.length ? score : 0
}

export function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim()
}

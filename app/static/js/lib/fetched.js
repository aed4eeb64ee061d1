// Brings a script and its styles to the page, once, when they are wanted.

import { make } from "./dom.js"

const coming = new Map()

export function fetched(script, styles) {
  if (!coming.has(script)) coming.set(script, bring(script, styles).catch(error => { coming.delete(script); throw error }))
  return coming.get(script)
}

async function bring(script, styles) {
  const sheet = make("link", { rel: "stylesheet", href: styles })
  const dressed = new Promise((resolve, reject) => Object.assign(sheet, { onload: resolve, onerror: () => { sheet.remove(); reject(new Error(styles)) } }))
  document.head.append(sheet)
  await Promise.all([dressed, import(script)])
}

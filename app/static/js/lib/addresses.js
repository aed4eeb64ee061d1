// E-mail addresses as people type and paste them: `dana@shop.example`, `Dana <dana@shop.example>`, many with commas, semicolons or lines between.

const ADDRESS = /^[^\s@<>()[\],;:"\\]{1,64}@[^\s@<>()[\],;:"\\]+\.[^\s@<>()[\],;:"\\.]{2,}$/

// Every piece of `text`, as an address where one stands in it, else as it was written.
export function addresses(text) {
  return text.split(/[,;\n\t]+|\s+(?=\S+@)|(?<=>)\s*/u).map(bare).filter(Boolean).filter((one, at, all) => all.indexOf(one) === at)
}

export function isAddress(text) {
  return text.length <= 254 && ADDRESS.test(text)
}

function bare(piece) {
  const inside = piece.match(/<([^<>]*)>\s*$/)
  const address = (inside ? inside[1] : piece).trim().replace(/^mailto:/i, "").replace(/^["'(<]+|["')>.]+$/g, "")
  return address.includes("@") ? address.toLowerCase() : ""
}

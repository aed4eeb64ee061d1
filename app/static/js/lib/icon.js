// Draws the same icons as the templates do, from the sprite that <meta name="icons"> names.

const SVG = "http://www.w3.org/2000/svg"

export function icon(name, size = "") {
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("class", size ? `icon icon-${size}` : "icon")
  svg.setAttribute("aria-hidden", "true")
  const use = document.createElementNS(SVG, "use")
  use.setAttribute("href", `${document.querySelector("meta[name=icons]")?.content ?? ""}#i-${name}`)
  svg.append(use)
  return svg
}

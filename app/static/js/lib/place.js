// Puts a popover beside what opened it, on whichever side has room, and keeps it there while things scroll.

const GAP = 4
const EDGE = 8

export function place(popover, anchor, align = "start") {
  const from = anchor.getBoundingClientRect()
  const { offsetWidth: width, offsetHeight: height } = popover
  const below = from.bottom + GAP + height <= innerHeight - EDGE || from.top < innerHeight - from.bottom
  const top = below ? from.bottom + GAP : from.top - GAP - height
  const left = align === "end" ? from.right - width : align === "centre" ? from.left + (from.width - width) / 2 : from.left
  popover.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - height - EDGE))}px`
  popover.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`
}

export function keepPlaced(popover, anchor, align) {
  const again = () => place(popover, anchor, align)
  const leaving = new AbortController()
  addEventListener("resize", again, { signal: leaving.signal })
  document.addEventListener("scroll", again, { capture: true, passive: true, signal: leaving.signal })
  again()
  return () => leaving.abort()
}

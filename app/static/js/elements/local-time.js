// <local-time how="relative|clock|day|full|left|until"><time datetime="…">: that moment in the reader's zone and words; `received` is
// when it came to be known, where that was later.
// It writes into a shadow, so the page's own nodes stay as the server sent them and a morph finds nothing to undo.

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR
const here = new Set()
const formats = new Map()

class LocalTime extends HTMLElement {
  #shown

  connectedCallback() {
    if (!this.shadowRoot) {
      this.#shown = document.createElement("time")
      this.attachShadow({ mode: "open" }).append(this.#shown)
      // A morph changes the moment inside without telling the element.
      new MutationObserver(() => this.show()).observe(this, { subtree: true, childList: true, attributes: true, attributeFilter: ["datetime", "how"] })
    }
    here.add(this)
    this.show()
  }

  disconnectedCallback() {
    here.delete(this)
  }

  show() {
    const written = this.querySelector("time")?.getAttribute("datetime")
    const moment = new Date(written)
    if (!written || isNaN(moment)) return
    const how = this.getAttribute("how") ?? "relative"
    this.#shown.dateTime = written
    this.#shown.title = titled(moment, this.getAttribute("received"))
    const words = (WAYS[how] ?? WAYS.relative)(moment, new Date())
    if (this.#shown.textContent !== words) this.#shown.textContent = words
    if (how === "left") this.dataset.state = moment < Date.now() ? "over" : moment - Date.now() < 30 * MINUTE ? "soon" : "far"
  }
}

const WAYS = {
  clock: moment => format(moment, { timeStyle: "short" }),
  full: (moment, now) => `${date(moment, now)}, ${WAYS.clock(moment)}`,

  day(moment, now) {
    const days = Math.round((startOf(now) - startOf(moment)) / DAY)
    if (days === 0 || days === 1) return capital(new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(-days, "day"))
    if (days > 1 && days < 7) return capital(format(moment, { weekday: "long" }))
    return format(moment, { day: "numeric", month: "long", ...(moment.getFullYear() !== now.getFullYear() && { year: "numeric" }) })
  },

  relative(moment, now) {
    const ago = now - moment
    if (ago < 45_000 && ago > -MINUTE) return "now"
    if (ago < 0) return WAYS.full(moment, now)
    if (ago < HOUR) return `${Math.max(1, Math.round(ago / MINUTE))}m`
    if (ago < DAY) return `${Math.floor(ago / HOUR)}h`
    if (ago < 6 * DAY) return format(moment, { weekday: "short" })
    return date(moment, now)
  },

  left(moment, now) {
    const left = Math.abs(moment - now)
    const words = left < HOUR ? `${Math.floor(left / MINUTE)}m` : left < DAY ? `${Math.floor(left / HOUR)}h` : `${Math.floor(left / DAY)}d`
    return moment < now ? `${words} over` : words
  },

  until(moment, now) {
    const left = moment - now
    if (left < 5_000) return "now"
    if (left < MINUTE) return "in less than a minute"
    return left < HOUR ? `in ${Math.round(left / MINUTE)} min` : `at ${WAYS.full(moment, now)}`
  },
}

function titled(moment, received) {
  const inFull = one => format(one, { dateStyle: "full", timeStyle: "short" })
  return received ? `Sent ${inFull(moment)}, received ${inFull(new Date(received))}` : inFull(moment)
}

function date(moment, now) {
  return format(moment, { day: "numeric", month: "short", ...(moment.getFullYear() !== now.getFullYear() && { year: "numeric" }) })
}

function format(moment, options) {
  const key = language() + JSON.stringify(options)
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language(), options))
  return formats.get(key).format(moment)
}

function language() {
  // English without a country would be American, with months before days.
  const lang = document.documentElement.lang
  return !lang || lang === "en" ? (navigator.language.startsWith("en-") ? navigator.language : "en-GB") : lang
}

function startOf(moment) {
  return new Date(moment).setHours(0, 0, 0, 0)
}

function capital(words) {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function refresh() {
  for (const element of here) element.show()
}

setInterval(refresh, MINUTE / 2)
document.addEventListener("visibilitychange", () => document.hidden || refresh())
customElements.define("local-time", LocalTime)

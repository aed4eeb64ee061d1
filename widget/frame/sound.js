// A short sound for a new message. Browsers, and we, keep silent until the visitor has pressed something here.

import { facts, find } from "./facts.js"

const PLACE = `parley:silent:${facts.websiteToken}`
const NOTES = [[660, 0], [880, 0.09]]
const button = find("sound")
let audio = null
let isOn = !silenced()

export function ring() {
  if (!isOn || audio?.state !== "running") return
  for (const [pitch, after] of NOTES) {
    const tone = new OscillatorNode(audio, { frequency: pitch })
    const loudness = new GainNode(audio, { gain: 0 })
    const begins = audio.currentTime + after
    loudness.gain.setTargetAtTime(0.07, begins, 0.01)
    loudness.gain.setTargetAtTime(0, begins + 0.06, 0.05)
    tone.connect(loudness).connect(audio.destination)
    tone.start(begins)
    tone.stop(begins + 0.5)
  }
}

export function toggleSound() {
  isOn = !isOn
  try {
    if (isOn) localStorage.removeItem(PLACE)
    else localStorage.setItem(PLACE, "1")
  } catch { /* remembered for as long as the page is open */ }
  draw()
  ring()
}

function silenced() {
  try { return Boolean(localStorage.getItem(PLACE)) } catch { return false }
}

function draw() {
  button?.setAttribute("aria-checked", String(isOn))
}

for (const gesture of ["pointerdown", "keydown"]) {
  addEventListener(gesture, () => {
    audio ??= "AudioContext" in window ? new AudioContext() : null
    audio?.resume()
  }, { capture: true, passive: true })
}
draw()

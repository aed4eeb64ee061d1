// The shape of a sound: decoded by the browser into loudness, drawn as bars.

const SVG = "http://www.w3.org/2000/svg"
const BARS = 56, HEIGHT = 28, STEP = 5, WIDTH = 3
const known = new Map()

// {seconds, wave: 0..100 for each bar}; each address is decoded once.
export function decoded(src) {
  if (!known.has(src)) known.set(src, decode(src).catch(error => { known.delete(src); throw error }))
  return known.get(src)
}

// Bars of the loudness, as many as fit; a flat line where nothing is known.
export function drawn(wave, cls) {
  const svg = document.createElementNS(SVG, "svg")
  const path = document.createElementNS(SVG, "path")
  const bars = fitted(wave)
  svg.setAttribute("class", cls)
  svg.setAttribute("viewBox", `0 0 ${BARS * STEP} ${HEIGHT}`)
  svg.setAttribute("preserveAspectRatio", "none")
  svg.setAttribute("aria-hidden", "true")
  path.setAttribute("d", bars.map((loud, at) => bar(at * STEP + 1, Math.max(2, (loud / 100) * HEIGHT))).join(""))
  svg.append(path)
  return svg
}

function bar(x, height) {
  return `M${x} ${((HEIGHT - height) / 2).toFixed(1)}h${WIDTH}v${height.toFixed(1)}h-${WIDTH}z`
}

function fitted(wave) {
  if (!wave.length) return Array(BARS).fill(0)
  const loudest = Math.max(1, ...wave)
  return Array.from({ length: BARS }, (_, at) => {
    const from = Math.floor((at * wave.length) / BARS)
    const part = wave.slice(from, Math.max(from + 1, Math.floor(((at + 1) * wave.length) / BARS)))
    return (Math.max(...part) / loudest) * 100
  })
}

async function decode(src) {
  const answer = await fetch(src)
  if (!answer.ok) throw new Error(answer.status)
  const sound = await new OfflineAudioContext(1, 1, 22_050).decodeAudioData(await answer.arrayBuffer())
  const samples = sound.getChannelData(0)
  const size = Math.max(1, Math.floor(samples.length / BARS))
  const wave = Array.from({ length: BARS }, (_, at) => loudness(samples.subarray(at * size, (at + 1) * size)))
  return { seconds: sound.duration, wave }
}

function loudness(samples) {
  let sum = 0
  const step = Math.max(1, Math.floor(samples.length / 500))
  for (let at = 0; at < samples.length; at += step) sum += samples[at] ** 2
  return Math.sqrt(sum / Math.max(1, samples.length / step)) * 100
}

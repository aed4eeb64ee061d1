// <file-drop most="10" limit="41943040"> around a form's part with an <input type="file" multiple hidden>: takes files that are picked
// ([data-picks]), dropped or pasted, holds them in that input, shows them in [data-previews], and tells `files:changed`. With
// `carries="image video" carried="5000000"` it says which go as a link; with `single`, each goes alone: `apart` counts them.

import { emit, make, toast } from "../lib/dom.js"
import { icon } from "../lib/icon.js"

customElements.define("file-drop", class extends HTMLElement {
  #files = []
  #depth = 0

  connectedCallback() {
    for (const name of ["dragenter", "dragover", "dragleave", "drop", "paste", "click", "change"]) this.addEventListener(name, this)
    this.input?.form?.addEventListener("reset", () => this.clear())
  }

  get input() { return this.querySelector("input[type=file]") }
  get files() { return [...this.#files] }
  get apart() { return this.hasAttribute("single") ? this.#files.filter(file => !this.#linked(file)).length : 0 }

  handleEvent(event) {
    if (event.type === "change" && event.target === this.input) return this.add(this.input.files)
    if (event.type === "click") return this.#clicked(event)
    const given = event.clipboardData ?? event.dataTransfer
    if (!given?.types.includes("Files")) return
    if (event.type === "dragenter") this.#depth++
    if (event.type === "dragleave") this.#depth--
    if (event.type === "drop") this.#depth = 0
    this.classList.toggle("is-dropping", this.#depth > 0)
    // A copied table or a formatted text brings a picture of itself: its words are what is meant.
    if (event.type === "paste" && given.types.includes("text/plain")) return
    event.preventDefault()
    if (event.type === "drop" || event.type === "paste") this.add(given.files)
  }

  add(files) {
    const limit = Number(this.getAttribute("limit")) || Infinity
    const most = Number(this.getAttribute("most")) || 10
    const fitting = [...files].filter(file => file.size <= limit)
    if (fitting.length < files.length) toast(`Files may be at most ${size(limit)}.`, { icon: "alert", look: "danger" })
    const all = [...this.#files, ...fitting]
    if (all.length > most) toast(`At most ${most} files go in one message.`, { icon: "alert", look: "danger" })
    this.#set(all.slice(0, most))
  }

  clear() {
    this.#set([])
  }

  #set(files) {
    this.#files = files
    const held = new DataTransfer()
    for (const file of files) held.items.add(file)
    this.input.files = held.files
    this.querySelector("[data-previews]")?.replaceChildren(...files.map((file, at) => preview(file, at, this.#linked(file))))
    emit(this, "files:changed", { files })
  }

  // Why a file does not go as itself; nothing when it does.
  #linked(file) {
    const carries = this.getAttribute("carries")
    if (carries === null) return ""
    if (!carries.split(" ").includes(kindOf(file))) return "goes as a link"
    const most = Number(this.getAttribute("carried")) || Infinity
    return file.size > most ? `goes as a link, ${size(most)} go as a file` : ""
  }

  #clicked(event) {
    if (event.target.closest("[data-picks]")) this.input.click()
    const drop = event.target.closest("[data-drop-file]")
    if (drop) this.#set(this.#files.filter((_, at) => at !== Number(drop.dataset.dropFile)))
  }
})

function kindOf({ type }) {
  return ["image", "audio", "video"].find(kind => type.startsWith(`${kind}/`)) ?? "file"
}

function preview(file, at, linked = "") {
  const mark = make("span", { class: "attachment-icon" }, icon(file.type.startsWith("image/") ? "image" : "file"))
  const text = make("span", { class: "attachment-text" }, make("span", { class: "attachment-name" }, file.name), make("span", { class: "attachment-size" }, [size(file.size), linked].filter(Boolean).join(", ")))
  const drop = make("button", { type: "button", class: "icon-button", "data-drop-file": at, "aria-label": `Take ${file.name} off` }, icon("x", "s"))
  if (file.type.startsWith("image/")) picture(file, mark)
  return make("li", { class: "attachment attachment-pending" }, mark, text, drop)
}

// Drawn on a canvas, for the page's policy allows no blob: addresses.
async function picture(file, mark) {
  const bitmap = await createImageBitmap(file, { resizeWidth: 72, resizeQuality: "medium" }).catch(() => null)
  if (!bitmap) return
  const canvas = make("canvas", { width: bitmap.width, height: bitmap.height })
  canvas.getContext("2d").drawImage(bitmap, 0, 0)
  bitmap.close()
  mark.replaceChildren(canvas)
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

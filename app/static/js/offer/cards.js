// Cards: each has a title, and may have words, a picture and things to press.

import { emit, make, toast } from "../lib/dom.js"
import { icon } from "../lib/icon.js"

const LARGEST = 5 * 1024 * 1024
const TYPES = ["image/jpeg", "image/png"]
const FRESH = { title: "", description: "", media: "", actions: [{ type: "postback", text: "", uri: "" }] }
const pictures = new WeakMap()
let number = 0

export class Cards {
  constructor({ mostCards, mostButtons }, typed) {
    this.most = mostCards
    this.mostButtons = mostButtons
    this.list = make("div", { class: "offer-cards" })
    this.adds = make("button", { type: "button", class: "text-button offer-adds", "data-adds-card": true }, icon("plus", "s"), " Add a card")
    this.node = make("div", { class: "offer-body" }, this.list, this.adds)
    this.node.addEventListener("click", event => this.#clicked(event))
    this.node.addEventListener("change", event => event.target.matches("select") && this.#turned(event.target))
    for (const card of (Array.isArray(typed) && typed.length ? typed : [FRESH]).slice(0, this.most)) this.#add(card)
  }

  get about() { return `Up to ${this.most}, ${this.mostButtons} buttons each` }
  get cards() { return [...this.list.children] }
  get typed() { return this.cards.map(read) }

  get value() {
    const files = []
    const items = this.cards.map(card => {
      const { title, description, media, actions } = read(card)
      const file = pictures.get(card)
      const picture = file ? `picture:${files.push(file) - 1}` : media
      return { title, ...(description && { description }), ...(picture && { media_url: picture }), actions: actions.filter(({ text }) => text).map(action) }
    })
    return { items, pictures: files }
  }

  focus() {
    (this.cards.map(card => part(card, "title")).find(field => !field.value) ?? part(this.cards[0], "title")).focus()
  }

  wrong() {
    for (const card of this.cards) {
      const { title, media, actions } = read(card)
      if (!title) return { words: "A card needs a title.", field: part(card, "title") }
      if (media && !isAddress(media)) return { words: "A picture’s address begins with https://.", field: part(card, "media") }
      const first = part(card, "text")
      if (!actions.some(({ text }) => text)) return { words: "A card needs at least one button.", field: first }
      const line = [...card.querySelectorAll(".offer-button")].find(each => part(each, "type").value === "link" && part(each, "text").value.trim() && !isAddress(part(each, "uri").value.trim()))
      if (line) return { words: "A link’s address begins with https://.", field: part(line, "uri") }
    }
    return null
  }

  entered(field) {
    const all = [...this.node.querySelectorAll("input:not([hidden]), select")]
    all[all.indexOf(field) + 1]?.focus()
  }

  #add(card) {
    if (this.cards.length >= this.most) return null
    const made = drawn(card, ++number)
    for (const one of card.actions?.length ? card.actions : FRESH.actions) this.#addButton(made, one)
    this.list.append(made)
    this.#arrange()
    return made
  }

  #addButton(card, given) {
    const list = card.querySelector(".offer-buttons")
    if (list.children.length < this.mostButtons) list.append(button(given))
    card.querySelector("[data-adds-button]").hidden = list.children.length >= this.mostButtons
  }

  #arrange() {
    for (const [at, card] of this.cards.entries()) {
      card.setAttribute("aria-label", `Card ${at + 1}`)
      card.querySelector("[data-drops-card]").hidden = this.cards.length === 1
    }
    this.adds.hidden = this.cards.length >= this.most
    emit(this.node, "list:changed")
  }

  #clicked(event) {
    const card = event.target.closest(".offer-card")
    const pressed = name => event.target.closest(`[data-${name}]`)
    if (pressed("adds-card")) part(this.#add(FRESH), "title").focus()
    if (pressed("drops-card")) card.remove(), this.#arrange(), this.focus()
    if (pressed("adds-button")) this.#addButton(card, FRESH.actions[0]), card.querySelector(".offer-button:last-child [data-part=text]").focus()
    if (pressed("drops-button")) this.#dropButton(card, event.target.closest(".offer-button"))
    if (pressed("picks-picture")) pick(card, () => emit(this.node, "list:changed"))
  }

  #dropButton(card, line) {
    line.remove()
    if (!card.querySelector(".offer-button")) this.#addButton(card, FRESH.actions[0])
    card.querySelector("[data-adds-button]").hidden = false
    emit(this.node, "list:changed")
  }

  #turned(select) {
    select.closest(".offer-button").querySelector("[data-part=uri]").hidden = select.value !== "link"
  }
}

function drawn({ title, description, media }, id) {
  const field = (name, words, value, more = {}) => make("input", { class: "input", type: "text", value, "data-part": name, "aria-label": words, placeholder: words, dir: "auto", autocomplete: "off", ...more })
  return make("div", { class: "offer-card", role: "group" },
    make("button", { type: "button", class: "offer-picture", "data-picks-picture": true, "aria-label": "Choose a picture", "data-tip": "Choose a picture: JPEG or PNG" }, icon("image", "l")),
    make("div", { class: "offer-fields" },
      make("div", { class: "offer-line" }, field("title", "Title", title, { maxlength: 255 }), make("button", { type: "button", class: "icon-button", "data-drops-card": true, "aria-label": "Take this card off", "data-tip": "Take this card off" }, icon("trash", "s"))),
      field("description", "Words below it, if any", description, { maxlength: 1000 }),
      field("media", "Address of a picture, or choose one on the left", media, { type: "url", maxlength: 2048, id: `card-picture-${id}` }),
      make("ul", { class: "offer-buttons", "aria-label": "Buttons" }),
      make("button", { type: "button", class: "text-button offer-adds", "data-adds-button": true }, icon("plus", "s"), " Add a button")))
}

function button({ type, text, uri }) {
  const kinds = make("select", { class: "input", "data-part": "type", "aria-label": "What the button does" }, make("option", { value: "postback" }, "Reply"), make("option", { value: "link", selected: type === "link" }, "Link"))
  return make("li", { class: "offer-button" }, kinds,
    make("input", { class: "input", type: "text", value: text, "data-part": "text", "aria-label": "Words on the button", placeholder: "Words on the button", maxlength: 255, dir: "auto", autocomplete: "off" }),
    make("input", { class: "input", type: "url", value: uri ?? "", "data-part": "uri", "aria-label": "Address it opens", placeholder: "https://…", maxlength: 2048, hidden: type !== "link" }),
    make("button", { type: "button", class: "icon-button", tabindex: -1, "data-drops-button": true, "aria-label": "Take this button off" }, icon("x", "s")))
}

function read(card) {
  const words = (place, name) => part(place, name)?.value.trim() ?? ""
  const actions = [...card.querySelectorAll(".offer-button")].map(line => ({ type: words(line, "type"), text: words(line, "text"), uri: words(line, "uri") }))
  return { title: words(card, "title"), description: words(card, "description"), media: words(card, "media"), actions }
}

// What comes back when it is pressed is what stood on it.
function action({ type, text, uri }) {
  return type === "link" ? { type, text, uri } : { type, text, payload: text }
}

function part(place, name) {
  return place.querySelector(`[data-part=${name}]`)
}

function isAddress(value) {
  return /^https?:\/\/[^\s/]\S*$/.test(value)
}

function pick(card, changed) {
  const input = make("input", { type: "file", accept: TYPES.join(",") })
  input.addEventListener("change", () => {
    const [file] = input.files
    if (!file) return
    if (!TYPES.includes(file.type) || file.size > LARGEST) return toast("A card’s picture is a JPEG or PNG of at most 5 MB.", { icon: "alert", look: "danger" })
    pictures.set(card, file)
    Object.assign(part(card, "media"), { value: "", hidden: true })
    show(file, card.querySelector(".offer-picture")).then(changed)
  })
  input.click()
}

// Drawn on a canvas, for the page's policy allows no blob: addresses.
async function show(file, place) {
  place.setAttribute("aria-label", `Picture: ${file.name}. Choose another`)
  const bitmap = await createImageBitmap(file, { resizeWidth: 192, resizeQuality: "medium" }).catch(() => null)
  if (!bitmap) return
  const canvas = make("canvas", { width: bitmap.width, height: bitmap.height })
  canvas.getContext("2d").drawImage(bitmap, 0, 0)
  bitmap.close()
  place.replaceChildren(canvas)
}

// What the page around the frame wishes: other words of welcome, and less than the inbox offers. More than that is not the page's to say.

import { facts, make } from "./facts.js"

export function heed(wishes = {}) {
  const { welcomeTitle, welcomeDescription, availableMessage, unavailableMessage } = wishes
  if (welcomeTitle) document.querySelector(".widget-hello").textContent = welcomeTitle
  if (welcomeDescription) describe(welcomeDescription)
  const state = facts.team.some(each => each.online) ? availableMessage : unavailableMessage
  if (state) sayWhoIsThere(state)
  if (wishes.showPopoutButton === false) remove("[data-does=popout]")
  if (wishes.enableEndConversation === false) remove("[data-does=end]")
  if (wishes.enableEmojiPicker === false) remove("[popovertarget=emoji]")
  if (wishes.enableFileUpload === false) refuseFiles()
}

function describe(words) {
  let line = document.querySelector(".widget-tagline")
  if (!line) {
    line = make("p", { class: "widget-tagline", dir: "auto" })
    document.querySelector(".widget-hello").after(line)
  }
  line.textContent = words
  const greeting = document.querySelector("#greeting p")
  if (greeting) greeting.textContent = words
}

function sayWhoIsThere(words) {
  const said = document.querySelector(".widget-team > span:not(.avatars)")
  if (said) said.textContent = words
}

function remove(which) {
  for (const each of document.querySelectorAll(which)) each.remove()
}

function refuseFiles() {
  remove("[data-does=attach]")
  for (const name of ["paste", "dragenter", "dragover", "drop"]) {
    document.addEventListener(name, event => {
      if (!(event.clipboardData ?? event.dataTransfer)?.types.includes("Files")) return
      event.stopPropagation()
      // What is dropped here would else be opened in place of the chat.
      if (name !== "paste") event.preventDefault()
    }, true)
  }
}

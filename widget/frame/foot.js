// What stands below the messages: the field to write in, the form before the first message, or that all is done.

import { find } from "./facts.js"
import { drawForm, focusForm } from "./prechat.js"
import { isOver } from "./state.js"

export function drawFoot() {
  const isOverNow = isOver()
  const isAsking = drawForm()
  find("over").hidden = !isOverNow
  find("composer").hidden = isOverNow || isAsking
  find("scroll").hidden = isAsking
}

export function focusFoot() {
  if (!find("over").hidden) find("over").querySelector("button").focus()
  else if (find("composer").hidden) focusForm()
  else find("content").focus()
}

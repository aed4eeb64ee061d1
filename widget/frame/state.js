// What the frame knows: of the visitor, of the page around it, and of the conversation that is shown ("" before there is one).

import { facts } from "./facts.js"

export const state = {
  isOpen: false, isAlone: false, isKnown: false, page: {},
  conversation: "", status: "open", version: 0, more: false,
  // Names a conversation that the visitor begins beside others, until the server has its first message.
  anew: null,
  contact: {}, hours: null, asked: [],
}

// An ended conversation, where the desk wants another to be begun.
export function isOver() {
  return Boolean(state.conversation) && state.status === "resolved" && !facts.reopens
}

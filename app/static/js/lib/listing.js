// What a list shows and in which order, as the server decides it: `listing` and `row` are the datasets of the list and of a row.

import { me } from "./inbox.js"

const SORTS = { activity: ["activity"], created: ["created"], priority: ["rank", "activity"], waiting: ["waiting"] }

export function belongs(listing, row) {
  if (row.status !== listing.status || (listing.inbox && row.inbox !== listing.inbox)) return false
  return listing.view === "all" || row.assignee === (listing.view === "mine" ? me() : "")
}

// Less than 0 where `one` stands before `other`.
export function compare(listing, one, other) {
  const down = listing.order === "newest" ? -1 : 1
  for (const key of [...SORTS[listing.sort], "id"]) {
    const [left, right] = [one[key], other[key]]
    if (left === right) continue
    // Who waits for nothing comes last, whatever the order.
    if (left === "" || right === "") return left === "" ? 1 : -1
    return (Number(left) - Number(right)) * down
  }
  return 0
}

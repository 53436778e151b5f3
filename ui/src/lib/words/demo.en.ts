/** The sentences about the Demo workspace in English; they come with the parts that show them. */
export const en = {
  "demo.badge": "Demo",
  "demo.here": "What you see is invented. Your own record is untouched, and goes on.",
  "demo.leave": "Leave",
  "demo.remove": "Remove the demo data",
  "demo.offer": "Look around with invented data",
  "demo.offer.text": "Four weeks of an invented person, in a workspace of their own beside yours: your record and its totals are not touched, and one click removes all of it.",
  "demo.create": "Fill the demo and look at it",
  "demo.filling": "Inventing four weeks",
  "demo.filling.opens": "Inventing four weeks, to be opened then",
  "demo.stopped": "It was not done to its end.",
  "demo.go-on": "Go on",
  "demo.visit": "Look at it",
  "demo.ready": "The Demo workspace is there.",
  "demo.leaving": "Removing the demo data",
  "demo.removed": "The demo data are removed.",
  "demo.else": "Or in a place of its own, on port 5700:",
} as const;

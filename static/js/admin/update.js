/** The forms of updates and coverages, made a little quicker than Django's admin makes them. */

const $ = window.django?.jQuery
const field = (name) => document.getElementById(`id_${name}`)

/** "2022-02-27T09:13:05" as the clocks of that zone show it now; comparable as text with a datetime-local. */
const nowIn = (zone) => {
  const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" })
  return clock.format(new Date()).replace(" ", "T")
}

const zoneNote = () => document.querySelector("[data-zone]")

/** Publish says Schedule while the publication time is to come. */
const nameButton = () => {
  const button = document.querySelector("input[name=_publish]")
  const time = field("published_at")
  if (!button?.dataset.later || !time || !zoneNote()) return
  button.dataset.now ??= button.value
  button.value = time.value > nowIn(zoneNote().dataset.zone) ? button.dataset.later : button.dataset.now
}

/** Another coverage may lie in another time zone: the one beside the publication time is always its own. */
const followCoverage = async (select) => {
  const note = zoneNote()
  if (!note || !select.value) return
  const answer = await fetch(select.dataset.zoneUrl.replace("/0/", `/${select.value}/`))
  if (!answer.ok) return
  const { zone } = await answer.json()
  note.dataset.zone = note.textContent = zone
  nameButton()
}

/** A name that is chosen goes to the end of the byline, also one that stood in it before. */
const keepOrder = (select) => {
  $(select).on("select2:select", (event) => {
    const option = event.params.data.element ?? select.querySelector(`option[value="${event.params.data.id}"]`)
    if (!option) return
    select.append(option)
    $(select).trigger("change")
  })
}

if ($) {
  const authors = field("authors")
  if (authors) keepOrder(authors)
  const coverage = field("coverage")
  if (coverage?.dataset.zoneUrl) $(coverage).on("change", () => followCoverage(coverage))
}
const time = field("published_at")
if (time) {
  time.addEventListener("input", nameButton)
  nameButton()
}

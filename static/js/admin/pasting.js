/** What is pasted from elsewhere, made fit for the editor of an update's text. */
import { Extension } from "django-prose-editor/editor"

const BULLET = /^\s*[·•▪◦§o-]\s+/
const NUMBER = /^\s*\(?\d{1,3}[.)]\s+/

/** A `style` attribute would break the page's content security policy as soon as it is parsed into the page. */
const withoutStyles = (root) => {
  for (const element of root.querySelectorAll("[style], [class]")) {
    element.removeAttribute("style")
    element.removeAttribute("class")
  }
}

const markerOf = (paragraph) =>
  BULLET.test(paragraph.textContent) ? BULLET : NUMBER.test(paragraph.textContent) ? NUMBER : null

const isWordsItem = (element) => /mso-list|MsoListParagraph/.test(element.outerHTML.slice(0, 400))

/** Takes the typed marker, which may stand in several nested elements, from the start of a paragraph. */
const cutMarker = (paragraph, marker) => {
  let left = paragraph.textContent.match(marker)[0].length
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT)
  while (left > 0 && walker.nextNode()) {
    const taken = Math.min(left, walker.currentNode.data.length)
    walker.currentNode.deleteData(0, taken)
    left -= taken
  }
}

/** Word's lists arrive as paragraphs that begin with a bullet or a number. */
const withLists = (root) => {
  for (const paragraph of root.querySelectorAll("p")) {
    const marker = isWordsItem(paragraph) ? markerOf(paragraph) : null
    if (!marker) continue
    const tag = marker === BULLET ? "UL" : "OL"
    const before = paragraph.previousElementSibling
    const list = before?.tagName === tag && before.hasAttribute("data-made") ? before : document.createElement(tag)
    if (list !== before) {
      list.setAttribute("data-made", "")
      paragraph.before(list)
    }
    cutMarker(paragraph, marker)
    const item = document.createElement("li")
    item.append(...paragraph.childNodes)
    list.append(item)
    paragraph.remove()
  }
}

// Parsed apart from the page, where no policy is broken by what is in it.
const tidied = (html) => {
  const root = new DOMParser().parseFromString(html, "text/html").body
  withLists(root)
  withoutStyles(root)
  return root.innerHTML
}

export const Pasting = Extension.create({ name: "pasting", transformPastedHTML: tidied })

/** What is pasted from elsewhere, made fit for the editor of an update's text. */
import { Extension } from "django-prose-editor/editor"

const UNSEEN = /<!--[\s\S]*?-->|<(style|script|xml|o:p)\b[\s\S]*?<\/\1\s*>/gi
const TAG = /<[a-z](?:"[^"]*"|'[^']*'|[^"'>])*>/gi
const FORBIDDEN = /([\s"'/])(style|on[a-z]+)(?=\s*=)/gi

const BULLET = /^\s*[·•▪◦§o-]\s+/
const NUMBER = /^\s*\(?\d{1,3}[.)]\s+/

/**
 * The page's content security policy is already broken when a style or a handler is parsed, wherever that is
 * done. So they are renamed in the text: `style` becomes `data-style`.
 */
const harmless = (html) => html.replace(UNSEEN, "").replace(TAG, (tag) => tag.replace(FORBIDDEN, "$1data-$2"))

/** What Google Docs and mail programs say with styles; they also wrap everything in a `<b>` that is not bold. */
const withEmphasis = (root) => {
  for (const bold of root.querySelectorAll("b[data-style]")) {
    if (/font-weight:\s*(normal|400)/.test(bold.dataset.style)) bold.replaceWith(...bold.childNodes)
  }
  for (const span of root.querySelectorAll("span[data-style]")) {
    const said = span.dataset.style
    if (/font-weight:\s*(bold|[6-9]00)/.test(said)) wrapContent(span, "strong")
    if (/font-style:\s*italic/.test(said)) wrapContent(span, "em")
  }
}

const wrapContent = (element, tag) => {
  const wrapper = document.createElement(tag)
  wrapper.append(...element.childNodes)
  element.append(wrapper)
}

const markerOf = (paragraph) =>
  BULLET.test(paragraph.textContent) ? BULLET : NUMBER.test(paragraph.textContent) ? NUMBER : null

const isWordsItem = (paragraph) => /mso-list|MsoListParagraph/.test(paragraph.outerHTML.slice(0, 400))

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

const tidied = (html) => {
  const root = new DOMParser().parseFromString(harmless(html), "text/html").body
  withLists(root)
  withEmphasis(root)
  return root.innerHTML
}

export const Pasting = Extension.create({ name: "pasting", transformPastedHTML: tidied })

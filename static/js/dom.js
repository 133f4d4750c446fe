/** Changing the page without the reader noticing more than the change: nodes persist, and nothing moves. */

// ── Nodes persist, and with them focus, selection, an open <details> and playing media ────────────────────

/** What belongs to the reader or to script, not to the server's HTML. */
const KEPT = ['hidden', 'open', 'style', 'tabindex'];

const own = (parent) => [...parent.childNodes].filter((node) => node.dataset?.made === undefined);
const isBlank = (node) => node?.nodeType === Node.TEXT_NODE && !node.data.trim();
const key = (node) => node.nodeName + (node.id || node.dataset?.id || node.dataset?.frame || node.getAttribute?.('src') || '');

/** @param {string} html @returns {DocumentFragment} */
export function parse(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content;
}

/**
 * Make a node of the page equal to another.
 * @param {Node} from
 * @param {Node} to used up
 */
export function morph(from, to) {
  if (from.isEqualNode(to)) return;
  if (key(from) !== key(to)) return from.replaceWith(to);
  if (!from.attributes) return void (from.data = to.data);
  const names = [...from.attributes, ...to.attributes].map(({ name }) => name);
  for (const name of names.filter((one) => !KEPT.includes(one))) {
    const value = to.getAttribute(name);
    if (value === null) from.removeAttribute(name);
    else if (value !== from.getAttribute(name)) from.setAttribute(name, value);
  }
  morphChildren(from, to);
  from.refresh?.(); // a custom element, whose inner HTML is the server's again
}

/**
 * @param {Element} parent in the page
 * @param {ParentNode} model whose children it shall have; used up
 */
export function morphChildren(parent, model) {
  const old = own(parent);
  const next = own(model);
  let end = null;
  while (old.length && next.length && old[0].isEqualNode(next[0])) {
    old.shift();
    next.shift();
  }
  while (old.length && next.length && old.at(-1).isEqualNode(next.at(-1))) {
    end = old.pop();
    next.pop();
  }
  for (const [index, node] of next.entries()) {
    const isWanted = (other) => next.slice(index).some((later) => later.isEqualNode(other));
    let at = isBlank(node) ? isBlank(old[0]) - 1 : old.findIndex((other) => other.isEqualNode(node));
    if (at < 0 && !isBlank(node)) at = old.findIndex((other) => key(other) === key(node) && !isWanted(other));
    if (at < 0) parent.insertBefore(node, old[0] ?? end);
    else {
      for (const passed of old.splice(0, at)) passed.remove();
      morph(old.shift(), node);
    }
  }
  for (const left of old) left.remove();
}

// ── Nothing moves ─────────────────────────────────────────────────────────────────────────────────────────

/** Unscrolled: the one place where what is new may push what is there. */
export const atTop = () => scrollY < 2;

/** @param {Element} element */
export function inView(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

/** Whether what comes in at this line of the viewport would push what the reader sees. @param {number} y */
export const pushes = (y) => y > 0 && y < innerHeight && !atTop();

/** Visible elements with their tops, innermost first where one begins above the viewport. */
function* visible(root) {
  for (const child of root.children) {
    const { top, bottom, height } = child.getBoundingClientRect();
    if (!height || bottom <= 0 || top >= innerHeight || /sticky|fixed/.test(getComputedStyle(child).position)) continue;
    if (top < 0) yield* visible(child);
    yield [child, top];
  }
}

/** What the eye is on: the story or the feed where it reaches the upper half of the screen, else what comes first. */
function anchors() {
  const columns = [...document.querySelectorAll('#story, ol.feed')].filter((column) => {
    const { top, bottom } = column.getBoundingClientRect();
    return top < innerHeight / 2 && bottom > innerHeight / 4;
  });
  return [...columns, document.body].flatMap((root) => [...visible(root)]);
}

/** Browsers scroll by whole pixels of the screen: what was left over last time, so that it does not add up. */
let rest = 0;

/**
 * Do `change` without moving what the reader is looking at: measure, change, scroll by the difference.
 * The browser's own scroll anchoring must rest meanwhile, or both would correct.
 * @param {() => void} change synchronous
 */
export function keep(change) {
  if (atTop()) return change();
  const { style } = document.documentElement;
  const before = anchors();
  style.overflowAnchor = 'none';
  change();
  const [anchor, top] = before.find(([element]) => element.isConnected) ?? [];
  if (anchor) {
    const shift = () => anchor.getBoundingClientRect().top - top + rest;
    scrollBy({ top: shift(), behavior: 'instant' });
    rest = shift();
  }
  requestAnimationFrame(() => requestAnimationFrame(() => (style.overflowAnchor = '')));
}

/** Whether audio or video plays in there. @param {ParentNode} root */
export const isPlaying = (root) => [...root.querySelectorAll('audio, video')].some(({ paused }) => !paused);

/** Bring an element to the top of the screen, at once: a correction amid a smooth scroll would end it halfway. */
export function goTo(element) {
  element.scrollIntoView();
  focus(element);
}

/** Put the focus on what takes none by itself, without scrolling. @param {HTMLElement} element */
export function focus(element) {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

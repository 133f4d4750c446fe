/**
 * The feed's window and what stands in it.
 *
 * The window runs from the place of the last update loaded (`low`, the `older` cursor, good even when that
 * update has moved or gone) upwards, and has no lower end once the server has said that nothing older exists.
 * It has an upper end (`high`) only while what stood above, far from the reader, is let go.
 * A change that would move what the reader sees is held until that place is out of sight.
 */

import { atTop, inView, isPlaying, morph, parse, pushes } from './dom.js';
import { noteFor } from './page.js';

const MANY = 200; // updates loaded or waiting, of which those far from the reader are let go but for
const SIDE = 60; // on either side
const STEP = 20; // updates that are loaded again at once

/** @typedef {{at: number, id: number}} Place `at` in milliseconds since 1970 */

/** @type {(one: Place, other: Place) => number} positive when `one` is the newer */
export const compare = (one, other) => one.at - other.at || one.id - other.id;

/** @param {string | null} cursor `<ISO time>_<id>` @returns {Place | null} */
export function placeOf(cursor) {
  const [time, id] = (cursor || '').split('_');
  return id ? { at: Date.parse(time), id: Number(id) } : null;
}

/** What stands in an item of the list: an update, or the note in place of one that was withdrawn. */
const content = (item) => item.querySelector(':scope > [data-id]');

/** Whether the reader holds something of it: a selection, what plays, a frame. @param {Element} item */
function isInUse(item) {
  const selection = getSelection();
  const isSelected = !selection.isCollapsed && selection.containsNode(item, true);
  return isSelected || item.querySelector('iframe') || isPlaying(item);
}

/** The cursor of an item, undefined for what is no update. @param {Element} item */
export function cursorOf(item) {
  const update = content(item);
  return update && `${update.dataset.published}_${update.dataset.id}`;
}

/** @param {Place} place */
export const cursorTo = ({ at, id }) => `${new Date(at).toISOString()}_${id}`;

/** @param {Element} item */
export const placeIn = (item) => placeOf(cursorOf(item));

/**
 * @typedef {object} Wish how an update shall stand
 * @property {number} id
 * @property {Place} [place]
 * @property {Element} [article] none: it shall not stand in the feed
 * @property {boolean} [fresh] newer than all that were known
 * @property {string} [why] it leaves: the word to put in its place where it is being read
 */
export class Feed {
  /** No new update comes in while this is so. */
  paused = false;
  /** @type {Map<number, Wish>} what waits until it can be done unseen */
  held = new Map();
  /** @type {Place | null} where the window ends above; null: nowhere */
  high = null;
  /** @type {Place[]} ways back up: between any two there is about as much as is loaded at once; lowest first */
  steps = [];
  /** @type {Set<number>} the new ones above the window, which nobody has seen */
  unseen = new Set();

  /**
   * @param {HTMLOListElement} list
   * @param {number} own the update whose page this is, which stands elsewhere
   * @param {(item: HTMLLIElement, fresh: boolean) => void} came told of each new item
   */
  constructor(list, own, came) {
    this.list = list;
    this.own = own;
    this.came = came;
    this.low = placeOf(list.dataset.older);
    this.newest = this.items.map(placeIn)[0] ?? { at: 0, id: 0 };
  }

  get items() {
    return [...this.list.children].filter(content);
  }

  /**
   * Apply a delta's part. Call it within `keep`.
   * @param {{id: number, published_at: string, html: string}[]} updates
   * @param {number[]} removed
   * @param {(id: number) => boolean} [isElsewhere] whether a removed one goes on elsewhere on the page
   * @returns {number} how many of them are newer than all that were known
   */
  change(updates, removed, isElsewhere = () => true) {
    for (const id of removed) {
      this.unseen.delete(id);
      this.#wish({ id, why: isElsewhere(id) ? 'moved' : 'withdrawn' });
    }
    const { newest } = this;
    let count = 0;
    for (const { id, published_at, html } of updates) {
      const place = { at: Date.parse(published_at), id };
      if (id === this.own) continue;
      const isNew = compare(place, newest) > 0;
      const fresh = this.unseen.delete(id) || isNew;
      if (compare(place, this.newest) > 0) this.newest = place;
      count += isNew;
      if (this.isAbove(place)) this.#pass(place, fresh);
      else if (this.#isBelow(place)) this.#wish({ id, why: 'moved' });
      else this.#wish({ id, place, fresh, article: parse(html).firstElementChild });
    }
    this.#trim();
    return count;
  }

  /** Put a fragment of older updates under what is there. Call it within `keep`. @param {HTMLOListElement} fragment */
  extend(fragment) {
    this.#end(fragment.dataset.older);
    this.#add(fragment);
    this.#trim();
  }

  /** Put above what is there what was let go. Call it within `keep`. @param {HTMLOListElement} fragment @param {Place} [end] */
  rise(fragment, end) {
    this.high = end ?? null;
    this.steps.shift();
    this.#add(fragment);
    this.#trim();
  }

  /** Begin anew with the newest. @param {HTMLOListElement} list */
  restart(list) {
    for (const item of [...this.list.children]) item.remove();
    this.held.clear();
    this.#end(list.dataset.older);
    this.#add(list);
    this.high = null;
    this.steps = [];
    this.unseen.clear();
  }

  /** Make the window this list, as it is after the page was fetched anew. Call it within `keep`. @param {HTMLOListElement} list */
  replace(list) {
    const updates = [...list.children].map((item) => {
      const { id, published } = content(item).dataset;
      return { id: Number(id), published_at: published, html: item.innerHTML };
    });
    const gone = this.items.map((item) => placeIn(item).id).filter((id) => !updates.some((update) => update.id === id));
    this.held.clear();
    this.#end(list.dataset.older);
    return this.change(updates, gone);
  }

  /** Do what was held as far as it can be done unseen; all of it when `now`. Call it within `keep`. */
  settle(now = false) {
    for (const item of this.list.querySelectorAll(':scope > .is-gone')) if (!inView(item)) item.remove();
    for (const wish of [...this.held.values()]) this.#wish(wish, now);
  }

  #end(cursor) {
    this.list.dataset.older = cursor;
    this.low = placeOf(cursor);
  }

  #add(fragment) {
    for (const item of [...fragment.children]) {
      const place = placeIn(item);
      const fresh = this.unseen.delete(place.id);
      if (place.id !== this.own) this.#wish({ id: place.id, place, fresh, article: content(item) }, !this.#find(place.id));
    }
  }

  /** An update now stands above the window. */
  #pass(place, fresh) {
    this.#wish({ id: place.id, why: 'moved' });
    if (!fresh) return;
    this.unseen.add(place.id);
    if (this.unseen.size % STEP === 0 && compare(place, this.steps.at(-1) ?? this.high) > 0) this.steps.push(place);
  }

  /** Whether it is above the window, where all has been let go. @param {Place} place */
  isAbove(place) {
    return this.high && compare(place, this.high) >= 0;
  }

  #isBelow(place) {
    return this.low && compare(place, this.low) < 0;
  }

  #find(id) {
    return this.list.querySelector(`:scope > li > [data-id="${id}"]`)?.parentElement;
  }

  #wish(wish, now) {
    wish.fresh ||= this.held.get(wish.id)?.fresh;
    this.held.delete(wish.id);
    if (!this.#fulfil(wish, now)) this.held.set(wish.id, wish);
  }

  /** Whether it could be done. */
  #fulfil({ id, place, article, fresh, why }, now) {
    const { list, items } = this;
    let item = this.#find(id);
    if (!article) return this.#leave(item, why);
    const next = items.find((other) => other !== item && compare(placeIn(other), place) < 0);
    const stays = item && items[items.indexOf(item) + 1] === next;
    const isSeen = next && pushes(next.getBoundingClientRect().top);
    if (!now && !stays && (isSeen || (item ? inView(item) && !atTop() : this.paused))) return false;
    if (item) this.#show(item, article);
    else {
      item = document.createElement('li');
      item.append(article);
    }
    if (stays) return true;
    const isNew = !item.isConnected;
    const above = next?.previousElementSibling;
    const before = (above && above !== item && !content(above) ? above : next) ?? null; // over the divider, as all that is new
    if (isNew || !list.moveBefore) list.insertBefore(item, before);
    else list.moveBefore(item, before);
    if (isNew) this.came(item, fresh);
    return true;
  }

  #show(item, article) {
    if (!item.matches('.is-gone')) return morph(content(item), article);
    item.classList.remove('is-gone');
    item.removeAttribute('style');
    content(item).replaceWith(article);
  }

  /** What nobody sees goes quietly; what is being read leaves a note of the same height, until it is out of sight. */
  #leave(item, why) {
    if (!item || document.hidden || !inView(item) || (why === 'moved' && atTop())) item?.remove();
    else if (!item.matches('.is-gone')) {
      item.style.minBlockSize = `${item.getBoundingClientRect().height}px`;
      item.className = 'is-gone';
      delete item.dataset.new;
      noteFor(content(item), why);
    }
    return true;
  }

  /** Let go of what is far from the reader: the window then ends before it, and it can be loaded again. */
  #trim() {
    const waiting = [...this.held.values()].filter(({ fresh }) => fresh).map(({ place }) => place);
    if (waiting.length > MANY) this.#cap(waiting.toSorted(compare)[0]);
    const { items } = this;
    if (items.length <= MANY) return;
    const found = items.findIndex((item) => item.getBoundingClientRect().bottom > 0);
    const at = found < 0 ? items.length - 1 : found;
    const below = items.slice(at + SIDE);
    if (below.length && !below.some(isInUse)) this.#cut(items[at + SIDE - 1], below);
    if (at > SIDE && !items.slice(0, at - SIDE).some(isInUse)) this.#cap(placeIn(items[at - SIDE - 1]));
  }

  #cut(last, below) {
    this.#end(cursorOf(last));
    for (const item of below) item.remove();
    for (const { id, place } of this.held.values()) if (place && this.#isBelow(place)) this.#wish({ id, why: 'moved' });
  }

  /** End the window below `high`. */
  #cap(high) {
    const shown = this.items.map((item) => ({ place: placeIn(item), fresh: 'new' in item.dataset }));
    const gone = [...this.held.values(), ...shown].filter(({ place }) => place && compare(place, high) >= 0);
    gone.sort((one, other) => compare(one.place, other.place));
    for (const { place, fresh } of gone) {
      this.held.delete(place.id);
      this.#find(place.id)?.remove();
      if (fresh) this.unseen.add(place.id);
    }
    const steps = gone.map(({ place }) => place).filter((_, index) => index && index % STEP === 0);
    this.steps = [...steps, ...(this.high ? [this.high] : []), ...this.steps];
    this.high = high;
    const { firstElementChild: first } = this.list;
    if (first && !content(first)) first.remove(); // the divider, which stood higher
  }
}

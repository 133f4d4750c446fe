/**
 * How the reader learns what is new: the pill, the count in the title, one polite voice for screen readers, the
 * line "New since you left".
 */

import { goTo } from './dom.js';
import { compare, cursorOf, placeIn, placeOf } from './feed.js';
import { counted, make, memory, word } from './page.js';

const QUIET = 5000; // milliseconds between two announcements

export class Arrivals {
  /** The page's title without the number before it. */
  title = document.title;
  #feed;
  #pill = make('button', { type: 'button', className: 'pill', hidden: true });
  #status = make('p', { className: 'visually-hidden', role: 'status' });
  #divider = make('li', { className: 'divider' });
  #number = 0;
  #fresh = 0; // not announced yet
  #said = []; // to be announced
  #speaking = 0;
  #name;
  #seen; // the newest place that the reader has seen
  #left; // … when the page was left last time
  #away = true; // what comes has come since then
  #opening = !document.hidden; // … and is a part of the page as it is opened: a browser may open a page that it kept
  #crossed = false; // the divider has been reached
  #eye = new IntersectionObserver((entries) => this.#look(entries), { rootMargin: '0px 0px -10%' });

  /**
   * @param {HTMLElement} host
   * @param {import('./feed.js').Feed} feed
   * @param {() => Promise<void>} release show all that is new
   */
  constructor(host, feed, release) {
    this.#feed = feed;
    this.#name = `seen:${host.dataset.changes}`;
    this.#left = this.#seen = placeOf(memory('localStorage', this.#name));
    this.#divider.append(make('span', { textContent: word('left') }));
    this.#pill.onclick = async () => {
      await release();
      const target = this.#target ?? feed.items[0]?.firstElementChild ?? feed.list;
      for (const item of feed.items) delete item.dataset.new; // the reader knows of them now
      goTo(target);
      this.count();
    };
    host.append(this.#pill, this.#status);
    for (const item of feed.items) this.#eye.observe(item);
    document.addEventListener('visibilitychange', () => document.hidden && this.#leave());
    this.divide();
  }

  /** A new item stands in the feed. @param {HTMLLIElement} item @param {boolean} fresh */
  came(item, fresh) {
    this.#eye.observe(item);
    if (!fresh || this.#opening) return;
    item.dataset.new = '';
    item.className = 'is-new';
  }

  /** Count again, after any change. @param {number} [fresh] how many more have come @returns {number} not seen yet */
  count(fresh = 0) {
    const { held, list, paused, unseen } = this.#feed;
    const isHeld = [...held.values()].filter((wish) => wish.fresh).length + unseen.size;
    const number = isHeld + list.querySelectorAll(':scope > [data-new]').length;
    document.title = (number ? `(${number}) ` : '') + this.title;
    this.#fresh += fresh;
    if (this.#fresh && !paused) this.say();
    if (number || this.#number) {
      const isBelow = !isHeld && this.#target?.getBoundingClientRect().top > 0;
      this.#pill.textContent = `${counted('new', number)} ${isBelow ? '↓' : '↑'}`;
      this.#pill.hidden = !number || paused;
    }
    return (this.#number = number);
  }

  /** Announce, batched with what else there is to say. @param {string} [text] */
  say(text) {
    if (text) this.#said.push(text);
    if (this.#speaking) return;
    this.#speaking = setTimeout(() => {
      if (this.#fresh) this.#said.unshift(counted('new', this.#fresh));
      this.#status.textContent = this.#said.join(' ');
      this.#fresh = this.#said.length = 0;
      setTimeout(() => {
        this.#speaking = 0;
        if (this.#said.length || this.#fresh) this.say();
      }, QUIET);
    }, 300);
  }

  /**
   * Draw the line between what is new since the reader left and what is not, once it is in the window.
   * @returns {number | undefined} 0 where it was to be drawn, and nothing is new
   */
  divide() {
    if (!this.#left || this.#divider.isConnected) return;
    const { items, own } = this.#feed;
    const old = items.findIndex((item) => compare(placeIn(item), this.#left) <= 0);
    if (old < 1) return old;
    items[old].before(this.#divider);
    this.#eye.observe(this.#divider);
    if (this.#opening && !own) {
      this.#pill.textContent = `${word('left')} ↓`;
      this.#pill.hidden = false;
    }
  }

  /** The page has everything until now; what comes from here on, the reader is there to see. */
  caughtUp() {
    const missed = this.#away ? this.divide() : 1;
    this.#opening = false;
    this.#away = document.hidden;
    if (missed === 0 && !document.hidden) this.#left = null;
  }

  #leave() {
    this.#away = true;
    this.#opening = false;
    if (this.#divider.isConnected && !this.#crossed) return; // what was not read last time is still to be read
    this.#divider.remove();
    this.#left = this.#seen;
    this.#crossed = false;
  }

  /** Where the pill leads: the newest of the new, else the oldest that was not seen last time. */
  get #target() {
    return (this.#feed.list.querySelector(':scope > [data-new]') ?? this.#divider.previousElementSibling)?.firstElementChild;
  }

  #look(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || document.hidden) continue;
      this.#eye.unobserve(target);
      delete target.dataset.new;
      const place = placeIn(target);
      if (!place) this.#pill.hidden = this.#crossed = true;
      else if (!this.#seen || compare(place, this.#seen) > 0) {
        this.#seen = place;
        memory('localStorage', this.#name, cursorOf(target));
      }
    }
    this.count();
  }
}

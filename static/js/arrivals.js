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
    this.divide();
    if (this.#divider.isConnected && !feed.own) {
      this.#pill.textContent = `${word('left')} ↓`;
      this.#pill.hidden = false;
    }
  }

  /** A new item stands in the feed. @param {HTMLLIElement} item @param {boolean} fresh */
  came(item, fresh) {
    this.#eye.observe(item);
    if (!fresh) return;
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

  /** Draw the line between what is new since the last visit and what is not, once it is in the window. */
  divide() {
    if (!this.#left || this.#divider.isConnected) return;
    const { items } = this.#feed;
    const old = items.findIndex((item) => compare(placeIn(item), this.#left) <= 0);
    if (old > 0) items[old].before(this.#divider);
    if (old > 0) this.#eye.observe(this.#divider);
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
      if (!place) this.#pill.hidden = true;
      else if (!this.#seen || compare(place, this.#seen) > 0) {
        this.#seen = place;
        memory('localStorage', this.#name, cursorOf(target));
      }
    }
    this.count();
  }
}

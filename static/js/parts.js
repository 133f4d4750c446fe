/** Parts of the page that come from other addresses: older updates, and the update whose own page this is. */

import { focus, keep, morph } from './dom.js';
import { fetchPage, make, sleep, word } from './page.js';
import { showTimes } from './times.js';

const REST = 10_000; // milliseconds after a failure until the page tries again by itself
const TRIES = 12; // half a second between the first, for which a cache may be about to have it, then ever more

/** Older updates: fetched as the reader nears the end, or when the link is followed. */
export class Older {
  #list;
  #address;
  #take;
  #link;
  #note;
  #loading = null;
  #eye = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.load(), { rootMargin: '1000px' });

  /**
   * @param {HTMLElement} host
   * @param {HTMLOListElement} list whose data-older says where they begin
   * @param {(fragment: HTMLOListElement) => void} take
   */
  constructor(host, list, take) {
    this.#list = list;
    this.#address = host.dataset.changes.replace(/changes$/, 'older?before=');
    this.#take = take;
    this.#note = host.querySelector('.loading') ?? make('p');
    this.#link = host.querySelector('a.older') ?? make('a', { className: 'older button', textContent: word('older') });
    if (!this.#link.isConnected) list.after(this.#link);
    this.#link.onclick = () => !this.load(); // a click that is answered here goes nowhere
    this.update();
  }

  /** The end of the list has changed. */
  update() {
    const { older } = this.#list.dataset;
    this.#link.href = `?before=${older}`;
    this.#link.hidden = !older || this.#loading;
    this.#note.hidden = !this.#loading;
    this.#eye.disconnect();
    this.#eye.observe(this.#link); // looked at anew, it says at once whether the end is near
  }

  /** The fragment below a cursor. @param {string} cursor @returns {Promise<HTMLOListElement>} */
  async fetch(cursor) {
    const { status, page } = await fetchPage(this.#address + cursor);
    if (status !== 200) throw new Error(status);
    return page.querySelector('ol');
  }

  /** Load one fragment more. @returns {Promise<boolean>} whether there was one */
  load() {
    return (this.#loading ??= this.#load().finally(() => (this.#loading = null)));
  }

  async #load() {
    const { older } = this.#list.dataset;
    if (!older) return false;
    this.#link.hidden = !(this.#note.hidden = false);
    const fragment = await this.fetch(older).catch(() => null);
    if (fragment && this.#list.dataset.older === older) this.#take(fragment); // else the window has changed meanwhile
    this.#link.hidden = !(this.#note.hidden = true);
    setTimeout(() => this.update(), fragment ? 0 : REST);
    return Boolean(fragment);
  }
}

/** The update whose own page this is: when it changes, its article is taken from its page anew. */
export class Story {
  #element = document.getElementById('story');
  #version = 0;
  #maybeGone = false;
  #busy = false;

  /** @param {(title: string, said?: string) => void} swapped told of the page's title, and what to announce */
  constructor(swapped) {
    this.swapped = swapped;
  }

  /**
   * @param {number} version the page must be as new as this: a cache may hold an older one
   * @param {boolean} maybeGone whether it may have been withdrawn
   */
  async renew(version, maybeGone) {
    this.#version = version;
    this.#maybeGone = maybeGone;
    if (this.#busy) return;
    this.#busy = true;
    for (let tried = 0, done = false; !done && tried < TRIES; tried++) {
      if (tried) await sleep(2 ** Math.max(9, tried + 5));
      done = await fetchPage(location.pathname).then((found) => this.#swap(found), () => false);
    }
    this.#busy = false;
  }

  /** It was withdrawn: caches may go on showing it for a while, and the page must not. */
  leave() {
    const said = word('withdrawn');
    this.#change(() => this.#element.replaceChildren(make('h1', { className: 'small', textContent: said })));
    this.swapped(said, said);
  }

  /** Whether it was new enough. */
  #swap({ status, url, page }) {
    const isFound = status === 200;
    const version = page.querySelector('live-coverage')?.dataset.version;
    if (isFound ? version < this.#version : !this.#maybeGone) return false;
    this.#change(() => {
      if (isFound) morph(this.#element, page.getElementById('story'));
      else this.#element.replaceChildren(...page.querySelector('main').children);
    });
    if (isFound && url !== location.href) history.replaceState(null, '', url);
    this.swapped(page.title);
    return true;
  }

  /** The focus, if it goes with what held it, goes to the head. @param {() => void} change */
  #change(change) {
    const isFocused = this.#element.contains(document.activeElement);
    keep(change);
    showTimes(this.#element);
    if (isFocused && !this.#element.contains(document.activeElement)) focus(this.#element.querySelector('h1'));
  }
}

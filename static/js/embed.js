/**
 * The page that other sites put in a frame: `<live-coverage>` as a short list of the newest updates.
 *
 * The frame gets its height from outside, so every change tells the site around it the new one:
 * `postMessage({ type: 'live-coverage', height })`. What is new waits while it would push down what is being read.
 */

import { morph, morphChildren, parse } from './dom.js';
import { drawn, fetchPage, showGone, sleep } from './page.js';
import { SwipeList } from './swipe.js';
import { correctClock, showTimes, startTimes } from './times.js';
import { Transport } from './transport.js';

const SOON = 3000; // milliseconds over which frames fetch the page when all must do so
const SPREAD = 20_000; // when there is a lot of it
const TRIES = 6;
const RENEWAL = 300_000; // milliseconds over which frames take over another build

/** Newest first, as text that sorts so. */
const place = ({ dataset: { id, published } }) => published + id.padStart(20, '0');

class LiveEmbed extends HTMLElement {
  /** Whether the page is being fetched anew as a whole. */
  resetting = false;
  #waiting = new Map();
  #inView = { head: true, list: true };
  #renewal = 0;

  connectedCallback() {
    const { most, now, version } = this.dataset;
    this.version = Number(version);
    this.most = Number(most);
    correctClock(now, true);
    this.transport = new Transport(this, this.dataset);
    this.transport.start();
    this.#watch();
  }

  disconnectedCallback() {
    this.transport.stop();
  }

  get #list() {
    return this.querySelector('ol.feed');
  }

  #watch() {
    const eye = new IntersectionObserver((seen) => {
      for (const { target, isIntersecting } of seen) this.#inView[target === this.#list ? 'list' : 'head'] = isIntersecting;
      this.#settle();
    });
    eye.observe(this.querySelector('.head'));
    eye.observe(this.#list);
  }

  // ── What the transport asks for ─────────────────────────────────────────────────────────────────────────

  /** @param {{build: string, now?: string, state?: string}} facts beside a delta */
  hear({ build, now }) {
    if (now) correctClock(now);
    if (build === this.dataset.build || this.#renewal) return;
    this.#renewal = setTimeout(() => location.reload(), RENEWAL * Math.random());
  }

  /** @param {object} delta the wire format's */
  receive(delta) {
    const { after, header, notice, pinned, removed, reset, updates, version } = delta;
    if (after > this.version) return this.transport.ask();
    if (version <= this.version && !(reset && after === this.version)) return;
    if (reset) return this.#renew(SPREAD);
    const gone = removed.filter((id) => this.#drop(id));
    for (const update of updates) this.#waiting.set(update.id, update);
    if (pinned !== null) morphChildren(this.querySelector('[data-slot="pinned"]'), parse(pinned));
    this.version = version;
    this.#settle();
    if (header !== null || notice !== null || gone.length) this.#renew(SOON); // another head, or room for older ones
  }

  connection() {}

  missing() {
    return showGone(location.pathname);
  }

  // ── The list ────────────────────────────────────────────────────────────────────────────────────────────

  #drop(id) {
    this.#waiting.delete(id);
    const item = this.#find(id);
    item?.remove();
    return item;
  }

  #find(id) {
    return this.#list.querySelector(`:scope > li > [data-id="${id}"]`)?.parentElement;
  }

  /** Show what waits, but for what would push what is being read. */
  #settle() {
    const isRead = this.#inView.list && !this.#inView.head;
    for (const { id, html } of this.#waiting.values()) {
      const article = parse(html).firstElementChild;
      const shown = this.#find(id);
      if (shown && place(shown.firstElementChild) === place(article)) morph(shown.firstElementChild, article);
      else if (isRead) continue;
      else this.#place(article, shown);
      this.#waiting.delete(id);
    }
    showTimes(this);
  }

  #place(article, shown) {
    const item = document.createElement('li');
    item.append(article);
    shown?.remove();
    const next = [...this.#list.children].find((other) => place(other.firstElementChild) < place(article));
    this.#list.insertBefore(item, next ?? null);
    for (const left of [...this.#list.children].slice(this.most)) left.remove();
  }

  /** Make all of it what the server shows now. @param {number} spread milliseconds */
  async #renew(spread) {
    if (this.resetting) return;
    this.resetting = true;
    for (let tried = 0, done = false; !done && tried < TRIES && this.isConnected; tried++) {
      await sleep(spread * (tried + 1));
      done = await fetchPage(location.pathname).then(({ page }) => this.#become(page), () => false);
    }
    this.resetting = false;
    this.transport.ask();
  }

  /** Whether the page was new enough: a cache may hold an older one. */
  #become(page) {
    const fresh = page.querySelector('live-coverage');
    if (!fresh || fresh.dataset.version < this.version) return !fresh;
    this.#waiting.clear();
    for (const part of ['.head', '[data-slot="pinned"]', 'ol.feed']) morphChildren(this.querySelector(part), fresh.querySelector(part));
    this.version = Number(fresh.dataset.version);
    showTimes(this);
    return true;
  }
}

new ResizeObserver(() => {
  const { height } = document.body.getBoundingClientRect();
  parent.postMessage({ type: 'live-coverage', height: Math.ceil(height) }, '*');
}).observe(document.body);

startTimes();
await drawn();
customElements.define('live-coverage', LiveEmbed);
customElements.define('swipe-list', SwipeList);

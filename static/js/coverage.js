/**
 * `<live-coverage>`: holds the version that the page shows, and applies what comes after it.
 *
 * A delta applies when `after ≤ version shown < version`; it is ignored when its version is shown already; when
 * `after` is ahead, something between is missing and is asked for. Nothing else orders or counts messages.
 */

import { Arrivals } from './arrivals.js';
import { atTop, goTo, isPlaying, keep, morphChildren, parse, pushes } from './dom.js';
import { compare, cursorTo, Feed, placeIn, placeOf } from './feed.js';
import { followJumps } from './links.js';
import { counted, fetchPage, make, memory, showGone, sleep, word } from './page.js';
import { Older, Story } from './parts.js';
import { correctClock, showTimes } from './times.js';
import { Transport } from './transport.js';

const SLOTS = ['header', 'notice', 'key_points', 'key_events', 'pinned'];
const SPREAD = 20_000; // milliseconds over which readers fetch the page when all must do so
const FAR = 30; // fragments fetched to reach the reader's place again
const IDLE = 30_000; // milliseconds without a touch, key or scroll

export class LiveCoverage extends HTMLElement {
  /** Whether the page is being fetched anew as a whole. */
  resetting = false;
  #offline = make('p', { className: 'offline', hidden: true, textContent: word('offline') });
  #held = {}; // the pinned update, while its coming would push what is being read
  #touched = 0;
  #renewal = 0;
  #rising = null;
  #top = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.#rise(), { rootMargin: '1500px' });

  connectedCallback() {
    const list = this.querySelector('ol.feed');
    if (!list || this.transport) return;
    const { article, changes, now, version } = this.dataset;
    this.address = changes.replace(/changes$/, '');
    this.version = Number(version);
    correctClock(now, true);
    this.feed = new Feed(list, Number(article), (item, fresh) => this.arrivals.came(item, fresh));
    this.arrivals = new Arrivals(this, this.feed, () => this.#release());
    this.older = new Older(this, list, (fragment) => this.#extend(fragment));
    if (article) this.story = new Story(this.#retitle);
    followJumps((id) => this.#seek(id));
    this.append(this.#offline);
    this.#attend();
    this.#count();
    this.transport = new Transport(this, this.dataset);
    this.transport.start();
  }

  disconnectedCallback() {
    this.transport?.stop();
  }

  #attend() {
    let waiting = 0;
    for (const type of ['scroll', 'keydown', 'pointerdown']) {
      addEventListener(
        type,
        () => {
          this.#touched = performance.now();
          clearTimeout(waiting);
          waiting = setTimeout(() => this.#settle(), 150); // correcting amid a fling would stop it
        },
        { passive: true },
      );
    }
    this.addEventListener('click', ({ target }) => {
      if (!target.closest('[data-pause]')) return;
      this.feed.paused = !this.feed.paused;
      this.#settle();
    });
  }

  /** What every answer says beside its delta. @param {{build: string, now?: string, state?: string}} facts */
  hear({ build, now, state = this.dataset.state, version }) {
    if (now) correctClock(now);
    if (version <= this.version) this.arrivals.caughtUp();
    if (state !== this.dataset.state) {
      this.dataset.state = state;
      this.#count();
    }
    if (build === this.dataset.build || this.#renewal) return;
    this.#renewal = setInterval(() => this.#reload(build), IDLE * (0.5 + Math.random()));
  }

  /** Apply a delta, ignore it, or ask for what is missing before it. @param {object} delta the wire format's */
  receive(delta) {
    if (delta.after > this.version) this.transport.ask();
    else if (delta.reset && (delta.version > this.version || delta.after === this.version)) this.#reset();
    else if (delta.version > this.version) this.#apply(delta);
  }

  /** Say quietly whether the connection is lost. @param {boolean} isLost */
  connection(isLost) {
    this.#offline.hidden = !isLost;
    this.classList.toggle('stalled', isLost && navigator.onLine); // then a reload may do what we cannot
  }

  /** There are no changes of this coverage any more: it was withdrawn, unless its page says otherwise. */
  async missing() {
    if (await showGone(this.address)) goTo(document.querySelector('h1'));
  }

  #apply(delta) {
    const { updates, removed, version } = delta;
    const isPinned = (id) => delta.pinned?.includes(` data-id="${id}"`);
    let fresh = 0;
    keep(() => {
      this.#fill(delta);
      fresh = this.feed.change(updates, removed, isPinned);
      this.#date();
    });
    this.version = version;
    this.arrivals.caughtUp();
    if (delta.notice) this.arrivals.say(parse(delta.notice).textContent.trim());
    const { own } = this.feed;
    const isNamed = updates.some(({ id }) => id === own);
    // Withdrawn, or pinned; or its badge, which the header and notice go with.
    const maybeGone = removed.includes(own);
    if (maybeGone && !isPinned(own)) this.story.leave();
    if (isNamed || maybeGone || delta.header !== null) this.story?.renew(version, !isNamed);
    this.#count(fresh);
  }

  /** @param {Record<string, string | null | undefined>} slots HTML by name; null: unchanged */
  #fill(slots) {
    for (const slot of SLOTS.filter((name) => typeof slots[name] === 'string')) {
      this.#held = slot === 'pinned' ? {} : this.#held;
      for (const element of this.querySelectorAll(`[data-slot="${slot}"]`)) {
        const appears = slot === 'pinned' && !element.firstChild;
        if (appears && pushes(element.nextElementSibling.getBoundingClientRect().top)) this.#held = { pinned: slots.pinned };
        else morphChildren(element, parse(slots[slot]));
      }
    }
    const headline = this.querySelector('[data-slot="header"] h1')?.textContent;
    if (!headline) return;
    this.#retitle(this.arrivals.title.replace(this.dataset.headline, () => headline));
    this.dataset.headline = headline;
  }

  /** Take another title; announce something with it. */
  #retitle = (title, said) => {
    this.arrivals.title = title;
    if (said) this.arrivals.say(said);
    this.#count();
  };

  /** Times in words, and the line that says when the page was last updated. */
  #date() {
    const updated = this.querySelector('[data-updated]');
    for (const time of updated ? this.querySelectorAll('article.update time') : []) {
      if (time.dateTime <= updated.dateTime) continue;
      updated.dateTime = time.dateTime;
      updated.innerHTML = time.innerHTML;
    }
    showTimes(this);
  }

  #settle(now) {
    keep(() => {
      this.#fill(this.#held);
      this.feed.settle(now);
    });
    this.#count();
  }

  #count(fresh) {
    const number = this.arrivals.count(fresh);
    const { high, items, paused } = this.feed;
    this.#top.disconnect();
    if (high && items.length) this.#top.observe(items[0]); // looked at anew, it says at once whether it is near
    this.older.update();
    for (const button of this.querySelectorAll('[data-pause]')) {
      const label = paused && number ? counted('resume', number) : word(paused ? 'resume' : 'pause');
      if (button.textContent !== label) button.textContent = label;
      button.hidden = this.dataset.state !== 'live' && !paused;
    }
  }

  #extend(fragment) {
    keep(() => {
      this.feed.extend(fragment);
      showTimes(this.feed.list);
    });
    this.arrivals.divide();
    this.#count();
    this.#fallBack(fragment.dataset.version);
  }

  /** What was shown may be of an older version than the page. */
  #fallBack(version) {
    if (version >= this.version) return;
    this.version = Number(version);
    this.transport.ask();
  }

  // ── What was let go above ───────────────────────────────────────────────────────────────────────────────

  /** All that is new, on the reader's wish. */
  async #release() {
    this.#settle(true);
    if (this.feed.high) await this.#restart().catch(() => location.reload());
  }

  /** Load more towards an update. @returns {Promise<boolean>} whether there was more */
  async #seek(id) {
    const { feed } = this;
    if (feed.held.has(id)) return !this.#settle(true);
    return feed.isAbove({ at: feed.high?.at, id }) ? this.#rise() : this.older.load();
  }

  /** Load again what stood above. @returns {Promise<boolean>} whether it worked */
  #rise() {
    if (this.feed.paused) return Promise.resolve(false);
    this.#rising ??= (atTop() ? this.#restart() : this.#climb()).then(() => true, () => false).finally(() => (this.#rising = null));
    return this.#rising;
  }

  async #newest() {
    const { page } = await fetchPage(this.address);
    const list = page.querySelector('ol.feed');
    list.dataset.version = page.querySelector('live-coverage').dataset.version;
    return list;
  }

  async #climb() {
    const { feed } = this;
    const { high } = feed;
    const [end] = feed.steps;
    const list = await (end ? this.older.fetch(cursorTo(end)) : this.#newest());
    const version = await this.#reach(list, Number(list.dataset.version), high);
    const { older } = list.dataset;
    if (older && compare(placeOf(older), high) > 0) throw new Error('Too far.');
    if (feed.high !== high || feed.steps[0] !== end) return; // the window has changed meanwhile
    keep(() => {
      feed.rise(list, end);
      showTimes(feed.list);
    });
    this.arrivals.divide();
    this.#count();
    this.#fallBack(version);
  }

  /** The newest instead of what the reader has left. */
  async #restart() {
    const list = await this.#newest();
    this.feed.restart(list);
    showTimes(this.feed.list);
    this.#count();
    this.#fallBack(list.dataset.version);
  }

  // ── All of it anew ──────────────────────────────────────────────────────────────────────────────────────

  async #reset() {
    if (this.resetting) return;
    this.resetting = true;
    for (let isDone = false; this.isConnected && !isDone; ) {
      await sleep(SPREAD);
      isDone = await this.#renew().then(() => true, () => false);
    }
    this.resetting = false;
    this.transport.ask();
  }

  async #renew() {
    const { status, page } = await fetchPage(this.address);
    if (status !== 200) return this.missing();
    const fresh = page.querySelector('live-coverage');
    const { high } = this.feed;
    const list = high ? await this.older.fetch(cursorTo(high)) : fresh.querySelector('ol.feed');
    const read = this.feed.items.filter((item) => item.getBoundingClientRect().top < innerHeight).map(placeIn).at(-1);
    const version = await this.#reach(list, Math.min(fresh.dataset.version, list.dataset.version ?? Infinity), read);
    const slots = Object.fromEntries([...fresh.querySelectorAll('[data-slot]')].map((slot) => [slot.dataset.slot, slot.innerHTML]));
    let count = 0;
    keep(() => {
      this.#fill(slots);
      count = this.feed.replace(list);
      this.#date();
    });
    this.version = version;
    this.#count(count);
    this.story?.renew(version, true);
  }

  /** Add older updates to a list until it comes down to a place; its version is the oldest part's. */
  async #reach(list, version, place) {
    for (let tried = 0; place && tried < FAR; tried++) {
      const { older } = list.dataset;
      if (!older || compare(placeOf(older), place) <= 0) break;
      const more = await this.older.fetch(older);
      list.append(...more.children);
      list.dataset.older = more.dataset.older;
      version = Math.min(version, more.dataset.version);
    }
    return version;
  }

  /** Take over another build when nobody would notice; once, for while servers are replaced old and new ones answer in turn. */
  #reload(build) {
    const isHeard = window.speechSynthesis?.speaking || isPlaying(document);
    const isIdle = performance.now() - this.#touched > IDLE && atTop() && getSelection().isCollapsed && !isHeard;
    if (!isIdle || this.feed.paused || !navigator.onLine || memory('sessionStorage', 'build') === build) return;
    if (memory('sessionStorage', 'build', build)) location.reload();
  }
}

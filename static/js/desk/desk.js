/** The desk: one page where editors write, correct and conduct a coverage, and which loses nothing. */

import { config, find, findAll, nowInStory, word } from './base.js';
import { login } from './api.js';
import { Composer } from './composer.js';
import { Course } from './course.js';
import { changes, isEmpty } from './deliver.js';
import { DeskFeed } from './feed.js';
import { blank, forget, strays } from './journal.js';
import { isFresh, Outbox } from './outbox.js';
import { People, showAudience } from './people.js';
import { Points } from './points.js';
import { listen } from './shortcuts.js';
import { DeskStream } from './stream.js';

const trouble = find('[data-trouble]');

/** What concerns the whole desk. @param {string} words @param {string} [short] for the bar @param {Node[]} [more] */
function showTrouble(words, short = word('trouble'), more = []) {
  const sign = find('[data-trouble-short]');
  if (trouble.dataset.says !== words) trouble.replaceChildren(words, ' ', ...more);
  trouble.dataset.says = words;
  sign.textContent = short;
  trouble.hidden = sign.hidden = !words;
}

class Desk {
  #host = find('[data-composer]');
  #composer = null;
  #people = new People();
  #points = new Points();
  #course = new Course({ receive: (answer) => this.#answered(answer) });
  #feed = new DeskFeed({
    receive: (answer) => this.#answered(answer),
    trouble: showTrouble,
    left: (record) => this.#outbox.keep(record, word('keptNotSaved')),
    applied: () => this.#people.mark(),
    editing: () => this.#tellEditing(),
    point: (id, title) => this.#points.add(title, id),
    now: () => nowInStory().slice(0, 16).replace('T', ' '),
  });
  #outbox = new Outbox(find('[data-outbox]'), {
    sent: (answer) => this.#answered(answer),
    rewrite: (record, says, theirs) => this.#rewrite(record, says, theirs),
    say: (words) => this.#composer?.say(words, 'good'),
  });
  #stream = new DeskStream({
    delta: (delta) => this.#apply(delta),
    reset: (delta) => (this.#feed.replace(delta), this.#parts(delta)),
    people: (people) => this.#people.show(people),
    audience: (audience) => this.#heard(audience),
    connection: (problem) => this.#connection(problem),
  });

  async start() {
    if (this.#host) await this.#write();
    else for (const record of await strays()) this.#outbox.keep(record, word('keptForbidden'));
    listen({ write: () => this.#composer?.focus(), keepDraft: () => this.#composer?.keepDraft(), edit: (item) => this.#feed.edit(item) });
    if (config.people) this.#people.show(config.people);
    if (config.audience) this.#heard(config.audience);
    this.#stream.start();
    document.documentElement.dataset.ready = '';
  }

  // ── Writing ───────────────────────────────────────────────────────────────────────────────────────────

  /** The composer, with what was left unfinished; the rest of that stands above the feed. */
  async #write() {
    const kept = await strays();
    for (const record of kept.filter((one) => one.update && !changes(one).length)) forget(record);
    const left = kept.filter((one) => (one.update ? changes(one).length : !isEmpty(one.fields)));
    const sending = left.filter(isFresh);
    const written = left.filter((record) => !isFresh(record));
    const own = written.findLast((record) => !record.update);
    const desk = { post: (record, wish) => this.#outbox.post(record, wish), saved: (answer) => this.#answered(answer), closed() {}, editing: () => this.#tellEditing() };
    this.#composer = new Composer(this.#host, desk, own ?? blank(), false);
    await this.#composer.focus();
    if (own) this.#composer.say(own.wish ? word('wasNotSent') : word('hadWritten'), 'busy');
    for (const record of sending) this.#outbox.post(record, record.wish);
    for (const record of written.filter((one) => one !== own)) this.#outbox.keep(record, word('keptNotSent'));
    this.#tellEditing();
  }

  /** Bring a text back to be written on, where there is room. @returns {Promise<boolean>} */
  async #rewrite(record, says, theirs) {
    const item = record.update && this.#feed.item(record.update);
    if (item && !theirs && record.state !== '') {
      return this.#feed.edit(item, record);
    }
    if (!this.#composer || !this.#composer.isEmpty) return false;
    await this.#composer.show(record, '');
    this.#composer.say(says, 'bad');
    if (theirs) this.#composer.showTheirs(theirs);
    await this.#composer.focus();
    return true;
  }

  #tellEditing() {
    const [inPlace] = [...this.#feed.open.keys()].slice(-1);
    this.#people.edits(inPlace ?? this.#composer?.editing ?? null);
  }

  // ── What comes in ─────────────────────────────────────────────────────────────────────────────────────

  /** The answer to what was done here; what else has changed comes over the stream. */
  #answered({ entry, coverage, key_points: points, counts, state }) {
    if (entry) this.#feed.apply([entry], null);
    this.#parts({ coverage, key_points: points, counts, state });
  }

  #apply(delta) {
    this.#feed.apply(delta.entries, delta.unpublished);
    this.#parts(delta);
  }

  #parts({ coverage, key_points: points, counts, state }) {
    if (coverage) this.#course.show(coverage);
    if (points) this.#points.show(points);
    if (counts) this.#feed.count(counts);
    if (state) this.#course.state(state);
  }

  #heard(audience) {
    showAudience(audience);
    this.#outbox.reached(audience);
  }

  #connection(problem) {
    if (!problem) return showTrouble('');
    if (problem.status === 0) return showTrouble(word('troubleOffline'), word('offline'));
    if (problem.status === 401) return showTrouble(word('troubleLogin'), word('signedOut'), login(problem));
    if (problem.status === 403) return showTrouble(word('troubleForbidden'));
    if (problem.status === 404) return showTrouble(word('troubleGone'));
    showTrouble(word('troubleServer', problem.status));
  }
}

for (const menu of ['.bar-menu', '.more']) {
  document.addEventListener('click', (event) => {
    for (const open of findAll(`${menu}[open]`)) if (!open.contains(event.target)) open.open = false;
  });
}
document.addEventListener('keydown', (event) => {
  const open = event.key === 'Escape' && event.target.closest('details[open]');
  if (!open) return;
  open.open = false;
  find('summary', open).focus();
});

new Desk().start();

/** New texts on their way: each stands above the feed, with its state in words, until the server has it. */

import { announce, config, counted, element, isLater, plural, seconds, word } from './base.js';
import { login, waiting } from './api.js';
import { deliver, Returned } from './deliver.js';
import { about, ask } from './dialogs.js';
import { forget, store } from './journal.js';

const FRESH = 15 * 60 * 1000; // milliseconds for which what was being sent goes on by itself when the page returns
const REACHED = 8000; // … for which the readers' connections may take to be counted

const LETTERS = 80; // letters of a text that stand in for its headline

function titleOf({ headline, body }) {
  const text = headline || new DOMParser().parseFromString(body.replaceAll('</', ' </'), 'text/html').body.textContent.trim();
  return (text.length > LETTERS ? `${text.slice(0, LETTERS).replace(/\s\S*$/, '')}…` : text) || word('photo');
}

/** Whether it was being sent so lately that it should go on. @param {object} record */
export const isFresh = (record) => Boolean(record.wish) && Date.now() - record.at < FRESH;

export class Outbox {
  #list;
  #desk;
  #waiting = new Map(); // what tells of the readers reached, by version
  /** @type {object | undefined} the newest that is known of the readers */
  last;

  /**
   * @param {HTMLElement} list
   * @param {{sent: (answer: object) => void, rewrite: (record: object, says: string, theirs?: object) => Promise<boolean>, say: (words: string) => void}} desk
   */
  constructor(list, desk) {
    this.#list = list;
    this.#desk = desk;
  }

  get isEmpty() {
    return !this.#list.children.length;
  }

  /** Show it at once, and send it. @param {object} record @param {string} wish publish or submit */
  async post(record, wish) {
    record.wish = wish;
    store(record);
    const item = this.#show(record);
    const cancelled = new AbortController();
    const say = (words, ...more) => item.say(words, [...more, button(word('backToComposer'), () => cancelled.abort())]);
    item.say(word('sending'));
    const begun = performance.now();
    try {
      const answer = await deliver(record, wish, (problem) => say(waiting(problem), ...login(problem)), cancelled.signal);
      forget(record);
      item.row.remove();
      this.#desk.sent(answer);
      this.#confirm(record, answer, performance.now() - begun);
    } catch (problem) {
      record.wish = null;
      store(record);
      item.row.remove();
      await this.#back(record, problem, cancelled.signal.aborted);
    }
  }

  /** Kept from before, or not wanted by the server: what shall become of it. @param {object} record @param {string} words */
  keep(record, words) {
    const item = this.#show(record);
    const drop = async () => {
      if (!(await ask('throw-away', about(titleOf(record.fields))))) return;
      forget(record);
      item.row.remove();
    };
    const open = async () => (await this.#desk.rewrite(record, words)) && item.row.remove();
    item.say(words, [button(word('openInComposer'), open), button(word('throwAway'), drop)]);
  }

  async #back(record, problem, isCancelled) {
    const isAsked = problem instanceof Returned || isCancelled;
    const words = isAsked ? word('backNotSent') : problem.message;
    if (!(await this.#desk.rewrite(record, words, problem.theirs))) this.keep(record, word('notSent', words));
    if (!isAsked) announce(words);
  }

  #show({ fields }) {
    const title = element('h3', { textContent: titleOf(fields), dir: 'auto' });
    const said = element('p', { className: 'entry-detail' });
    const choices = element('p', { className: 'entry-choices' });
    const row = element('li', { className: 'entry is-sending' }, [
      element('div', { className: 'entry-when' }, [element('span', { className: 'entry-time', textContent: word('now') })]),
      element('div', { className: 'entry-what' }, [title, said, choices]),
    ]);
    this.#list.prepend(row);
    const say = (words, more = []) => {
      said.textContent = words;
      choices.replaceChildren(...more);
    };
    return { row, say };
  }

  // ── How many have it ──────────────────────────────────────────────────────────────────────────────────

  #confirm(record, answer, took) {
    const state = answer.entry?.state;
    const warning = record.fields.photos.some(({ alt }) => !alt?.trim()) ? word('lacksAlt') : '';
    const say = (words) => this.#say(warning ? `${words} ${warning}` : words);
    if (state === 'submitted') return say(word('submitted'));
    if (state === 'scheduled' || isLater(record.fields.published_at)) return say(word('scheduled'));
    if (config.state === 'draft') return say(word('publishedDraft'));
    if (config.state !== 'live') return say(word('publishedIn', seconds(took)));
    if (this.last?.readers === null) return say(handed(this.last));
    if (this.last?.readers === 0) return say(word('publishedToNobody', seconds(took)));
    say(word('reaching', seconds(took)));
    const tell = (words) => (this.#waiting.delete(answer.version), say(words));
    const timer = setTimeout(() => tell(word('publishedUnknown', seconds(took))), REACHED);
    this.#waiting.set(answer.version, (words) => (clearTimeout(timer), tell(words)));
    this.reached(this.last);
  }

  /** Told by the server how far the newest version has come. @param {object | undefined} audience */
  reached(audience) {
    this.last = audience;
    for (const [version, tell] of this.#waiting) if (audience?.version >= version) tell(handed(audience));
  }

  #say(words) {
    this.#desk.say(words);
    announce(words);
  }
}

/** "Published, handed to 12,480 readers in 0.2 s." @param {object} audience */
const handed = ({ handed: count, milliseconds }) => {
  if (count === null || count === undefined) return word('handedOn');
  return count ? plural('handed', count, counted(count), seconds(milliseconds)) : word('handedToNobody');
};

const button = (textContent, onclick) => element('button', { type: 'button', className: 'plain', textContent, onclick });

/** Who is on the desk, who is editing what, and how many are reading. */

import { config, counted, element, find, findAll, plural, seconds, tab, word } from './base.js';
import { cookie, send } from './api.js';

const EVERY = 15; // seconds between two signs of life
const list = new Intl.ListFormat(document.documentElement.lang);

export class People {
  #people = [];
  #editing = null;
  #timer = 0;

  constructor() {
    addEventListener('pagehide', () => this.#leave());
    addEventListener('pageshow', (event) => event.persisted && this.#tell());
    this.#tell();
  }

  /** What is being written here: an id, 0 for something new, null. @param {number | null} editing */
  edits(editing) {
    if (editing === this.#editing) return;
    this.#editing = editing;
    this.#tell();
  }

  #tell = async () => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#tell, EVERY * 1000);
    const answer = await send('presence/', { tab, editing: this.#editing }).catch(() => null);
    if (answer?.people) this.show(answer.people);
  };

  #leave() {
    const form = new FormData();
    for (const [name, value] of Object.entries({ tab, leaving: '1', csrfmiddlewaretoken: cookie('csrftoken') })) form.set(name, value);
    navigator.sendBeacon(`${config.base}presence/`, form);
  }

  /** @param {{tab: string, user: number, name: string, editing: number | null}[]} people */
  show(people) {
    this.#people = people.filter((one) => one.tab !== tab);
    const others = this.#people.filter(({ user }) => user !== config.user);
    const names = [...new Set(others.map(({ name, editing }) => (editing === 0 ? `${name} (writing)` : name)))];
    const line = find('[data-people]');
    const words = names.length ? word('onTheDesk', list.format(names)) : '';
    if (line.textContent !== words) line.textContent = words;
    this.mark();
  }

  /** Say at each update who is editing it. */
  mark() {
    for (const item of findAll('[data-feed] > li')) {
      const names = this.#people.filter(({ editing }) => editing === Number(item.dataset.id)).map(({ name, user }) => (user === config.user ? '' : name));
      const words = editingNow(names);
      const shown = find('.entry-editing', item);
      if ((shown?.textContent ?? '') === words) continue;
      shown?.remove();
      if (words) find('.entry-what', item).append(element('p', { className: 'entry-editing', textContent: words }));
    }
  }
}

/** @param {{readers: number | null, handed: number | null, milliseconds: number | null}} audience */
export function showAudience({ readers, handed, milliseconds }) {
  const isKnown = readers !== null && readers !== undefined;
  find('[data-readers]').textContent = isKnown ? counted(readers) : word('unknown');
  find('[data-readers-line]').textContent = isKnown ? plural('readers', readers) : '';
  const took = handed ? word('reached', counted(handed), seconds(milliseconds)) : '';
  find('[data-reached]').textContent = isKnown ? took : word('between');
}

/** Who edits something now; "" stands for oneself, in another tab. @param {string[]} names */
function editingNow(names) {
  if (!names.length) return '';
  const others = [...new Set(names.filter(Boolean))];
  if (!others.length) return word('youEdit');
  return plural('editing', others.length, list.format(others));
}

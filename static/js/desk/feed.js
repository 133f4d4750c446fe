/** The feed of the desk: all updates whatever their state, newest first; what is done to them, and finding them. */

import { morph, parse } from '../dom.js';
import { announce, element, find, findAll, plural, word } from './base.js';
import { get, login, persist, Problem, send, waiting } from './api.js';
import { Composer, recordOf } from './composer.js';
import { changes } from './deliver.js';
import { about, ask } from './dialogs.js';

const TYPING = 300; // milliseconds without a key until it is looked for
const UNPUBLISHED = new Set(['draft', 'submitted', 'scheduled']);

/** Change the page without moving what the editor has before the eyes or under the cursor. @param {HTMLElement} list */
function steady(list, change) {
  const focused = document.activeElement?.closest('.feed > li') ?? find(':scope > li:has(.composer)', list);
  const first = scrollY > 2 ? [...list.children].find((item) => item.getBoundingClientRect().bottom > 60) : null;
  const anchor = focused ?? first;
  const top = anchor?.getBoundingClientRect().top;
  change();
  if (anchor?.isConnected && !anchor.hidden) scrollBy({ top: anchor.getBoundingClientRect().top - top, behavior: 'instant' });
}

export class DeskFeed {
  /** @type {Map<number, Composer>} what is being edited in place */
  open = new Map();
  #list = find('[data-feed]');
  #counts = find('[data-counts]');
  #older = find('[data-older-button]');
  #desk;
  #wanted = { state: '', author: '', key: '', q: '' };
  #asked = 0;
  #timer = 0;

  /** @param {{left: (record: object) => void, applied: () => void, editing: () => void, point: (id: number, title: string) => void, receive: (answer: object) => void}} desk */
  constructor(desk) {
    this.#desk = desk;
    this.#list.addEventListener('click', (event) => this.#press(event));
    this.#older.addEventListener('click', () => this.#loadOlder());
    this.#counts.addEventListener('click', (event) => this.#choose(event.target.closest('[data-filter]')));
    find('[data-by]').addEventListener('change', ({ target }) => this.#want({ author: target.value }));
    find('[data-find]').addEventListener('input', ({ target }) => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#want({ q: target.value.trim() }), TYPING);
    });
    this.#end();
  }

  get isFiltered() {
    return Object.values(this.#wanted).some(Boolean);
  }

  /** @param {number} id @returns {HTMLLIElement | null} */
  item(id) {
    return find(`#entry-${id}`, this.#list);
  }

  // ── What comes in ─────────────────────────────────────────────────────────────────────────────────────

  /** @param {{id: number, order: string, html: string, state: string}[]} entries @param {number[] | null} unpublished */
  apply(entries, unpublished) {
    steady(this.#list, () => {
      for (const entry of entries) this.#put(entry);
      if (unpublished) this.#drop(new Set(unpublished));
    });
    if (this.isFiltered && entries.length) this.#load();
    this.#end();
    this.#desk.applied();
  }

  #put({ id, order, html, revision }) {
    const shown = this.item(id);
    if (shown && Number(shown.dataset.revision) > revision) return; // an answer that came late
    const model = parse(html).firstElementChild;
    if (shown) {
      const isPlaced = shown.dataset.order === order;
      for (const menu of findAll('details[open]', shown)) if (!menu.contains(document.activeElement)) menu.open = false;
      morph(shown, model);
      if (!isPlaced) this.#place(shown, order);
    } else if (!this.isFiltered && this.#isInside(order)) {
      model.classList.add('is-new');
      this.#place(model, order);
    }
  }

  #isInside(order) {
    const { lastElementChild: last, dataset } = this.#list;
    return !dataset.older || !last || order >= last.dataset.order;
  }

  #place(item, order) {
    const next = [...this.#list.children].find((other) => other !== item && other.dataset.order < order) ?? null;
    if (item.isConnected && item.nextElementSibling === next) return;
    if (item.isConnected && this.#list.moveBefore) this.#list.moveBefore(item, next);
    else this.#list.insertBefore(item, next);
  }

  /** What was never published and is not among those any more has been discarded. */
  #drop(standing) {
    for (const item of [...this.#list.children]) {
      const id = Number(item.dataset.id);
      if (UNPUBLISHED.has(item.dataset.state) && !standing.has(id) && !this.open.has(id)) item.remove();
    }
  }

  /** All anew. @param {{entries: object[], older: string}} window */
  replace({ entries, older }) {
    if (this.isFiltered) return this.#load();
    const ids = new Set(entries.map(({ id }) => id));
    const isOver = (id) => !ids.has(id) && !this.open.has(id);
    this.#list.dataset.older = older;
    steady(this.#list, () => {
      for (const item of [...this.#list.children]) if (isOver(Number(item.dataset.id))) item.remove();
      for (const entry of entries) this.#put(entry);
    });
    this.#end();
    this.#desk.applied();
  }

  #end() {
    this.#older.hidden = !this.#list.dataset.older;
    find('[data-empty]').hidden = this.#list.children.length > 0;
  }

  // ── Finding ───────────────────────────────────────────────────────────────────────────────────────────

  /** The server's buttons with the numbers. @param {string} html */
  count(html) {
    const made = document.createElement('div');
    made.append(parse(html));
    this.#mark(made);
    if (made.innerHTML !== this.#counts.innerHTML) {
      const at = document.activeElement?.dataset?.filter;
      this.#counts.replaceChildren(...made.childNodes);
      if (at !== undefined) find(`[data-filter="${at}"]`, this.#counts)?.focus();
    }
  }

  #mark(root) {
    const now = this.#wanted.key ? 'key' : this.#wanted.state;
    for (const button of findAll('[data-filter]', root)) button.setAttribute('aria-pressed', String(button.dataset.filter === now));
  }

  #choose(button) {
    if (!button) return;
    const { filter } = button.dataset;
    this.#want(filter === 'key' ? { state: '', key: '1' } : { state: filter, key: '' });
  }

  #want(wanted) {
    Object.assign(this.#wanted, wanted);
    this.#mark(this.#counts);
    this.#load(true);
  }

  async #fetch(before) {
    const query = new URLSearchParams(Object.entries({ ...this.#wanted, before }).filter(([, value]) => value));
    const asked = ++this.#asked;
    const answer = await persist(() => get(`feed?${query}`), () => {});
    return asked === this.#asked ? answer : null;
  }

  async #load(isAsked = false) {
    const answer = await this.#fetch('').catch((problem) => this.#desk.trouble(problem.message));
    if (!answer) return;
    const list = document.createElement('ol');
    list.append(parse(answer.html));
    const open = [...this.open.keys()].map((id) => this.item(id)).filter(Boolean);
    const models = [...list.children].map((model) => open.find((item) => item.id === model.id) ?? model);
    const rest = open.filter((item) => !models.includes(item));
    for (const item of [...this.#list.children]) if (!open.includes(item)) item.remove();
    for (const model of [...rest, ...models]) if (!open.includes(model)) this.#list.append(model);
    this.#list.dataset.older = answer.older;
    this.#end();
    this.#desk.applied();
    if (isAsked) announce(plural('updates', answer.count ?? models.length));
  }

  async #loadOlder() {
    this.#older.disabled = true;
    const answer = await this.#fetch(this.#list.dataset.older).catch(() => null);
    this.#older.disabled = false;
    if (!answer) return;
    const models = [...parse(answer.html).children].filter((model) => !this.item(model.dataset.id));
    this.#list.append(...models);
    this.#list.dataset.older = answer.older;
    this.#end();
    this.#desk.applied();
    find('button', models[0])?.focus({ preventScroll: true });
  }

  // ── What is done to one ───────────────────────────────────────────────────────────────────────────────

  #press(event) {
    const { action } = event.target.closest('[data-action]')?.dataset ?? {};
    const item = event.target.closest('.feed > li');
    if (!action || !item) return;
    const menu = event.target.closest('details.more');
    if (menu) menu.open = false;
    this.do(action, item);
  }

  /** @param {string} action @param {HTMLLIElement} item */
  async do(action, item) {
    const { id, title } = item.dataset;
    if (action === 'edit') return this.edit(item);
    if (action === 'history') return this.#history(item);
    if (action === 'point') return this.#desk.point(Number(id), title);
    const body = await this.#details(action, item);
    if (body) await this.#act(action, item, body);
  }

  /** What an action needs to be told; null: it was thought better of. */
  async #details(action, item) {
    const { id, title, revision } = item.dataset;
    if (action === 'withdraw') {
      const answer = await ask('withdraw', about(title));
      return answer && { reason: answer.data.get('reason').trim() };
    }
    if (action === 'discard') return (await ask('discard', about(title))) && { expected: Number(revision) };
    if (action === 'erase') return (await ask('erase', about(title))) && (await ask('erase-again', about(title))) && { confirm: 'erase' };
    if (action === 'retime') return this.#time(id);
    return action === 'publish' ? { expected: Number(revision) } : {};
  }

  async #time(id) {
    const current = await get(`updates/${id}/`).catch((problem) => this.#note(this.item(id), problem.message));
    const answer = current && (await ask('time', (form) => {
      form.elements.published_at.value = current.published_at;
      form.elements.published_at.required = true;
      find('[data-now]', form).textContent = this.#desk.now();
    }));
    return answer && { published_at: answer.data.get('published_at') };
  }

  async #act(action, item, body) {
    item.setAttribute('aria-busy', 'true');
    this.#note(item, '');
    try {
      const answer = await persist(() => send(`updates/${item.dataset.id}/${action}/`, body), (problem) => this.#note(item, waitingFor(problem), login(problem)));
      this.#note(item, '');
      if (!answer.entry) item.remove();
      this.#desk.receive(answer);
      announce(word(`step.${action}`));
      if (['discard', 'erase'].includes(action)) find('[data-feed]').closest('section').querySelector('[data-filter]')?.focus();
    } catch (problem) {
      const isOvertaken = problem.status === 409;
      this.#note(item, isOvertaken ? word('overtaken') : problem.message);
    } finally {
      item.removeAttribute('aria-busy');
    }
  }

  /** Say something at an update. */
  #note(item, words, more = []) {
    find(':scope > .entry-what > .entry-said', item)?.remove();
    if (!words || !item) return;
    announce(words);
    find('.entry-what', item).append(element('p', { className: 'entry-said', textContent: words }, more));
  }

  // ── Editing in place ──────────────────────────────────────────────────────────────────────────────────

  /** @param {HTMLLIElement} item @param {object} [kept] a record of what was written before and not saved @returns {Promise<boolean>} */
  async edit(item, kept) {
    const id = Number(item.dataset.id);
    if (this.open.has(id)) {
      this.open.get(id).focus();
      return false;
    }
    item.setAttribute('aria-busy', 'true');
    try {
      const record = kept ?? recordOf(await get(`updates/${id}/`));
      const composer = new Composer(item, { ...this.#desk, closed: () => this.#closed(item, id), saved: (answer) => this.#desk.receive(answer), editing: () => this.#desk.editing() }, record, true);
      this.open.set(id, composer);
      this.#desk.editing();
      await composer.focus();
      if (kept) composer.say(word('keptUnsaved'), 'busy');
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#note(item, problem.message);
      return false;
    } finally {
      item.removeAttribute('aria-busy');
    }
  }

  #closed(item, id) {
    const { record } = this.open.get(id);
    this.open.delete(id);
    if (changes(record).length) this.#desk.left(record);
    this.#desk.editing();
    find('[data-action=edit], button', item)?.focus({ preventScroll: true });
  }

  // ── History ───────────────────────────────────────────────────────────────────────────────────────────

  async #history(item) {
    const answer = await get(`updates/${item.dataset.id}/history/`).catch((problem) => this.#note(item, problem.message));
    if (!answer) return;
    let record = '';
    await ask('history', (form, dialog) => {
      about(item.dataset.title)(form);
      find('[data-past]', form).append(parse(answer.html));
      form.addEventListener('click', (event) => {
        const chosen = event.target.closest('[data-record]');
        if (!chosen) return;
        event.preventDefault();
        ({ record } = chosen.dataset);
        dialog.close('');
      });
    });
    if (record) await this.#act('revert', item, { record: Number(record) });
  }
}

const waitingFor = (problem) => waiting(problem, word('waitsStep'));

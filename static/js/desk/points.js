/** Key points: written, reordered by drag or arrow keys, linked to an update; live to readers as soon as they are saved. */

import { parse } from '../dom.js';
import { announce, config, element, find, findAll, fit, isCommand, word } from './base.js';
import { login, persist, send, waiting } from './api.js';
import { ask } from './dialogs.js';
import { note } from './journal.js';
import { orderable } from './order.js';

const REST = 700; // milliseconds after the last arrow key until the order is saved
const UNSAVED = 'points';

const textOf = (item) => find('.point-text', item)?.textContent ?? '';

/** @param {HTMLElement} item @returns {Point} */
const pointOf = (item) => ({
  ...(item.dataset.id && { id: Number(item.dataset.id) }),
  text: textOf(item),
  update: Number(item.dataset.update) || null,
});

/**
 * @typedef {object} Point
 * @property {number} [id] @property {string} text @property {number | null} update
 */
export class Points {
  #host = find('[data-points]');
  #said = element('p', { className: 'quiet', role: 'status' });
  #pending = null; // the server's newer list, while this one is in use
  #timer = 0;
  #isBusy = false;
  #isAgain = false; // changed while it was being saved

  constructor() {
    this.#host.after(this.#said);
    this.#host.addEventListener('click', (event) => this.#press(event.target.closest('[data-point]')));
    orderable(this.#host, '[data-point=move]', 'li', (item) => this.#moved(item));
    this.#paint();
    const kept = config.may.coverage && note(UNSAVED);
    if (kept) this.#resume(kept);
  }

  get #list() {
    return find('.point-list', this.#host);
  }

  get #isInUse() {
    return this.#isBusy || this.#timer || this.#form || find('.is-dragged', this.#host);
  }

  get #form() {
    return find('.point-form', this.#host);
  }

  /** The server's list. @param {string} html */
  show(html) {
    if (this.#isInUse) this.#pending = html;
    else this.#replace(html);
  }

  #replace(html) {
    this.#pending = null;
    const at = document.activeElement?.closest('[data-points] li')?.dataset.id;
    const which = document.activeElement?.dataset?.point;
    this.#host.replaceChildren(parse(html));
    this.#paint();
    if (at && which) find(`li[data-id="${at}"] [data-point=${which}]`, this.#host)?.focus({ preventScroll: true });
  }

  #paint() {
    const add = find('[data-point=add]', this.#host);
    if (!add) return;
    const isFull = this.#list.children.length >= config.maxKeyPoints;
    add.disabled = isFull;
    add.title = isFull ? word('pointsFull', config.maxKeyPoints) : '';
  }

  // ── Writing one ───────────────────────────────────────────────────────────────────────────────────────

  #press(button) {
    const item = button?.closest('li');
    const actions = { add: () => this.add(), edit: () => this.#edit(item), remove: () => this.#remove(item) };
    actions[button?.dataset.point]?.();
  }

  /** One click: an update's title becomes a key point, to be worded. @param {string} [text] @param {number} [update] */
  add(text = '', update = 0) {
    if (this.#list.children.length >= config.maxKeyPoints) {
      this.#say(word('pointsFull', config.maxKeyPoints), true);
      this.#host.scrollIntoView({ block: 'nearest' });
      return;
    }
    const item = element('li', {}, [element('div', { className: 'point' }, [element('p', { className: 'point-text', dir: 'auto' })])]);
    delete item.dataset.made;
    if (update) item.dataset.update = update;
    this.#list.append(item);
    this.#edit(item, text);
  }

  #edit(item, text = textOf(item)) {
    if (find('.point-form', item)) return;
    const area = element('textarea', { value: text, maxLength: 300, rows: 2, ariaLabel: word('keyPoint'), dir: 'auto' });
    const save = element('button', { type: 'submit', className: 'chip is-main', textContent: word('save') });
    const cancel = element('button', { type: 'button', className: 'plain', textContent: word('cancel'), onclick: () => this.#done(item) });
    const form = element('form', { className: 'point-form' }, [area, element('p', { className: 'point-buttons' }, [save, cancel])]);
    form.onsubmit = (event) => (event.preventDefault(), this.#finish(item, form, area.value));
    form.onkeydown = (event) => {
      if (event.key === 'Escape') cancel.click();
      else if (event.key === 'Enter' && (isCommand(event) || !event.shiftKey) && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      } else return;
      event.stopPropagation();
    };
    area.oninput = () => (fit(area), note(UNSAVED, { id: item.dataset.id ?? '', update: Number(item.dataset.update) || 0, text: area.value }));
    item.append(form);
    item.classList.add('is-edited');
    item.scrollIntoView({ block: 'nearest' });
    fit(area);
    area.focus();
  }

  /** What was being written when the page went away. */
  #resume({ id, update, text }) {
    const item = id && find(`li[data-id="${id}"]`, this.#host);
    if (item) this.#edit(item, text);
    else this.add(text, update);
    this.#say('A key point that was not saved is here again.');
  }

  #finish(item, form, text) {
    const words = text.trim().replace(/\s+/g, ' ');
    if (!words) return this.#say(word('pointEmpty'), true);
    find('.point-text', item).textContent = words;
    form.remove();
    item.classList.remove('is-edited');
    (find('[data-point=edit]', item) ?? find('[data-point=add]', this.#host))?.focus({ preventScroll: true });
    this.#save(item);
  }

  #done(item) {
    note(UNSAVED, null);
    const isNew = !textOf(item);
    find('.point-form', item)?.remove();
    item.classList.remove('is-edited');
    if (isNew) item.remove();
    if (this.#pending && !this.#isInUse) this.#replace(this.#pending);
    find(isNew ? '[data-point=add]' : '[data-point=edit]', isNew ? this.#host : item)?.focus({ preventScroll: true });
  }

  #remove(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    announce(word('pointRemoved', textOf(item)));
    item.remove();
    find('[data-point=remove]', next ?? this.#host)?.focus();
    this.#save();
  }

  // ── Order ─────────────────────────────────────────────────────────────────────────────────────────────

  #moved(item) {
    const at = [...this.#list.children].indexOf(item) + 1;
    announce(word('pointPlace', textOf(item), at, this.#list.children.length));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#save();
    }, REST);
  }

  // ── Saving ────────────────────────────────────────────────────────────────────────────────────────────

  /** @param {HTMLElement} [item] whose text it is for; refused, it is written on */
  async #save(item, expected = Number(this.#list.dataset.revision)) {
    if (this.#isBusy) return void (this.#isAgain = true);
    this.#isBusy = true;
    const items = findAll(':scope > li', this.#list).filter(textOf);
    const points = items.map(pointOf);
    const tell = (problem) => this.#say(waiting(problem, word('waitsPoints')), false, login(problem));
    this.#say(word('saving'));
    try {
      const answer = await persist(() => send('key-points/', { expected, points }), tell);
      this.#isBusy = false;
      this.#saved(items, answer);
    } catch (problem) {
      if (problem.status === 409 && problem.data.conflict) return this.#settle(points, problem.data.conflict);
      this.#isBusy = false;
      this.#refused(problem, item);
    }
  }

  #saved(items, { expected, points }) {
    this.#list.dataset.revision = expected;
    for (const [index, item] of items.entries()) item.dataset.id = points[index]?.id ?? '';
    if (this.#isAgain) {
      this.#isAgain = false;
      return void this.#save();
    }
    if (!this.#form) note(UNSAVED, null);
    this.#catchUp(expected);
    this.#say(word('savedSeen'));
  }

  #refused(problem, item) {
    this.#isAgain = false;
    if (item?.isConnected) this.#edit(item);
    else if (this.#pending && !this.#isInUse) this.#replace(this.#pending);
    this.#say(problem.message, true);
  }

  async #settle(points, conflict) {
    const shown = (list) => list.map(({ text }) => Object.assign(document.createElement('li'), { textContent: text }));
    const answer = await ask('conflict-points', (form) => {
      find('[data-their-text]', form).append(...shown(conflict.points));
      find('[data-my-text]', form).append(...shown(points));
    });
    this.#isBusy = false; // not before: what comes in would take the place of what is being chosen from
    if (answer?.button === 'mine') return this.#save(undefined, conflict.expected);
    this.#isAgain = false;
    if (!this.#form) note(UNSAVED, null);
    if (this.#pending && !this.#isInUse) this.#replace(this.#pending);
    this.#say(word('theirsStands'));
  }

  /** Show what came in meanwhile, if it is no older than what stands. @param {number} revision */
  #catchUp(revision) {
    const came = this.#pending && Number(find('.point-list', parse(this.#pending)).dataset.revision);
    if (came < revision) this.#pending = null;
    if (this.#pending && !this.#isInUse) this.#replace(this.#pending);
    this.#paint();
  }

  #say(words, isBad = false, more = []) {
    this.#said.className = isBad ? 'is-bad' : 'quiet';
    this.#said.replaceChildren(words, ' ', ...more);
  }
}

/** Photos of a composer: chosen, dropped, pasted or taken; caption, credit and alt text beside each. */

import { announce, copyOf, element, find, findAll, fit, isCommand, word } from './base.js';
import { persist, Problem, send, waiting } from './api.js';
import { orderable } from './order.js';

const PICTURE = /^image\//;
const NAMED = /\.(hei[cf]|jpe?g|png|webp|gif|avif)$/i;
const LARGE = 30; // seconds; a phone's photo over a slow network takes longer
const MOST_BYTES = 40 * 1024 * 1024;
const STEP = 5; // percent that an arrow key moves the focus
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const POINTED = 600; // milliseconds until a focus is saved that is not moved on
const MIDDLE = [50, 50];
const THERE = '.photo-row[data-id]';

/** Text is kept in the browser, a photo on its way is not. @param {Event} event */
const stayHere = (event) => event.preventDefault();

/**
 * @typedef {object} Photo
 * @property {number} id
 * @property {string} url
 * @property {string} caption that stands there
 * @property {string} default_caption @property {string} credit @property {string} alt
 * @property {number} width @property {number} height @property {[number, number]} focus in percent from its upper left
 * @property {[string, string][]} facts names and values of what else is known @property {string} admin its page there
 * @property {boolean} [changeable] whether credit, alt text and focus are this editor's to change; true if unsaid
 */

export class Photos {
  /** @type {Photo[]} in their order */
  shown = [];
  #list;
  #changed;
  #uploads = new Map(); // promises of those that are on their way, by their rows
  #saves = new Map();
  #pointing = 0;

  /** @param {HTMLElement} list @param {() => void} changed */
  constructor(list, changed) {
    this.#list = list;
    this.#changed = changed;
    list.addEventListener('click', (event) => this.#press(event.target.closest('[data-photo]'), event));
    list.addEventListener('keydown', (event) => this.#key(event));
    orderable(list, '[data-photo=move]', THERE, (row) => this.#moved(row));
    list.addEventListener('input', (event) => this.#typed(event.target));
    list.addEventListener('change', (event) => this.#typed(event.target, true));
  }

  /** @param {Photo[]} photos */
  show(photos) {
    this.shown = structuredClone(photos);
    this.#list.replaceChildren(...this.shown.map((photo) => this.#row(photo)));
  }

  get isUploading() {
    return this.#uploads.size > 0;
  }

  /** Whether all that was on its way has arrived, and none was refused. @returns {Promise<boolean>} */
  async settled() {
    const [arrived] = await Promise.all([Promise.all(this.#uploads.values()), Promise.all(this.#saves.values())]);
    return arrived.every(Boolean);
  }

  /** @param {File[]} files */
  add(files) {
    for (const file of files) {
      const row = element('li', { className: 'photo-row is-coming' }, [element('p', { className: 'quiet', textContent: `${file.name || word('photo')}: ` })]);
      const said = element('span', { role: 'status' });
      row.firstChild.append(said);
      this.#list.append(row);
      const upload = this.#upload(file, row, said).finally(() => this.#forget(row));
      this.#uploads.set(row, upload);
      addEventListener('beforeunload', stayHere);
    }
  }

  #forget(row) {
    this.#uploads.delete(row);
    if (!this.#uploads.size) removeEventListener('beforeunload', stayHere);
  }

  /** Whether it arrived, or is no longer wanted. */
  async #upload(file, row, said) {
    const cancelled = new AbortController();
    const dismiss = element('button', { type: 'button', className: 'plain', textContent: word('remove'), onclick: () => (cancelled.abort(), this.#leave(row)) });
    row.append(dismiss);
    try {
      if (!PICTURE.test(file.type) && !NAMED.test(file.name)) throw new Problem(400, { error: word('noPicture') });
      if (file.size > MOST_BYTES) throw new Problem(413, { error: word('largePicture') });
      said.textContent = word('sendingPhoto');
      const form = new FormData();
      form.set('image', file, file.name || 'photo.png');
      const tell = (problem) => (said.textContent = waiting(problem, word('waitsHere')));
      const { photo } = await persist(() => send('photos/', form, { seconds: LARGE + file.size / 50_000 }), tell, cancelled.signal);
      if (cancelled.signal.aborted) return true;
      this.#arrive(row, photo);
      announce(word('photoAdded'));
      this.#changed();
      return true;
    } catch (problem) {
      said.textContent = problem.message;
      said.className = 'is-bad';
      return cancelled.signal.aborted;
    }
  }

  /** It stands where it was chosen, whichever arrives first. */
  #arrive(coming, photo) {
    const isFocused = coming.contains(document.activeElement);
    const row = this.#row(photo);
    coming.replaceWith(row);
    this.shown.push(photo);
    this.#order();
    if (isFocused) find('[data-field=caption]', row).focus();
  }

  /** The focus goes on to the next one's last button. */
  #leave(row) {
    const near = row.nextElementSibling ?? row.previousElementSibling;
    const next = near ? findAll('button', near).at(-1) : find('[data-tool=photo]', this.#list.closest('form'));
    row.remove();
    next.focus();
  }

  /** As the rows stand. */
  #order() {
    this.shown = findAll(THERE, this.#list).map((row) => this.#photoOf(row));
  }

  #row(photo) {
    const row = copyOf('photo-template');
    row.dataset.id = photo.id;
    Object.assign(find('img', row), { src: photo.url, width: photo.width, height: photo.height });
    this.#point(row, photo);
    photo.caption ||= photo.default_caption;
    const isFixed = photo.changeable === false;
    for (const name of ['caption', 'credit', 'alt']) {
      const field = find(`[data-field=${name}]`, row);
      field.value = photo[name] ?? '';
      field.readOnly = isFixed && name !== 'caption';
      if (field.readOnly) field.placeholder = '–';
      if (field.type === 'textarea') requestAnimationFrame(() => fit(field));
    }
    this.#tell(row, photo);
    find('[data-photo=focus]', row).disabled = isFixed;
    this.#mark(row, isFixed ? word('photoElsewhere') : '');
    return row;
  }

  /** What else is known of it, and where that is put right. */
  #tell(row, { facts, admin }) {
    if (!facts) return; // kept in the browser from before there were any
    find('[data-photo-facts]', row).replaceChildren(...facts.flatMap(([name, value]) => [element('dt', { textContent: name }), element('dd', { textContent: value, dir: 'auto' })]));
    const link = find('[data-photo-page]', row);
    link.href = admin;
    link.hidden = !admin;
    find('[data-photo-more]', row).hidden = !facts.length && !admin;
  }

  /** Missing alt text is seen at once. */
  #mark(row, said) {
    row.classList.toggle('lacks-alt', !find('[data-field=alt]', row).value.trim());
    if (said !== undefined) find('[data-photo-said]', row).textContent = said;
  }

  #photoOf(row) {
    return this.shown.find((photo) => photo.id === Number(row.dataset.id));
  }

  /** Show where the eye goes. */
  #point(row, { focus: [across, down] = MIDDLE }) {
    const mark = find('.focus-mark', row).style;
    mark.insetInlineStart = `${across}%`;
    mark.insetBlockStart = `${down}%`;
    find('[data-photo=focus]', row).setAttribute('aria-label', word('focalPoint', across, down));
  }

  #key(event) {
    if (event.key === 'Enter' && event.target.matches('textarea') && !isCommand(event)) return event.preventDefault(); // each is one paragraph
    const step = event.target.dataset?.photo === 'focus' && ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    const row = event.target.closest('.photo-row');
    const { focus = MIDDLE } = this.#photoOf(row);
    this.#focus(row, focus.map((at, axis) => at + step[axis]));
  }

  /** @param {HTMLElement} row @param {number[]} wanted */
  #focus(row, wanted) {
    const photo = this.#photoOf(row);
    photo.focus = wanted.map((at) => Math.round(Math.min(100, Math.max(0, at))));
    this.#point(row, photo);
    clearTimeout(this.#pointing);
    this.#pointing = setTimeout(() => this.#later(row, photo), POINTED);
  }

  #press(button, { detail, clientX, clientY }) {
    const row = button?.closest('.photo-row');
    if (!row) return;
    if (button.dataset.photo === 'focus') {
      const { left, top, width, height } = button.getBoundingClientRect();
      if (detail) this.#focus(row, [(100 * (clientX - left)) / width, (100 * (clientY - top)) / height]); // not a key's
      return;
    }
    if (button.dataset.photo !== 'remove') return;
    this.shown.splice(this.shown.indexOf(this.#photoOf(row)), 1);
    this.#leave(row);
    this.#changed();
  }

  #moved(row) {
    this.#order();
    announce(word('photoPlace', this.shown.indexOf(this.#photoOf(row)) + 1, this.shown.length));
    this.#changed();
  }

  /** The caption belongs to this place; credit and alt text belong to the photo, wherever it stands. */
  #typed(field, isDone = false) {
    const row = field.closest('.photo-row[data-id]');
    const name = field.dataset.field;
    const photo = row && this.#photoOf(row);
    if (!photo || !name) return;
    const isNew = photo[name] !== field.value;
    photo[name] = field.value;
    if (field.type === 'textarea') fit(field);
    this.#mark(row);
    if (isNew) this.#changed();
    if (isDone && name !== 'caption') this.#later(row, photo);
  }

  /** One after the other, so that the last word is the last. */
  #later(row, photo) {
    this.#saves.set(row, Promise.resolve(this.#saves.get(row)).then(() => this.#save(photo, row)));
  }

  async #save({ id, alt, credit, focus }, row) {
    const tell = (problem) => this.#mark(row, waiting(problem));
    try {
      await persist(() => send(`photos/${id}/`, { alt, credit, focus }), tell);
      this.#mark(row, '');
    } catch (problem) {
      this.#mark(row, problem.message);
    }
  }
}

/** What is sent of them. @param {Photo[]} photos */
export const placed = (photos) => photos.map(({ id, caption, default_caption: usual }) => ({ id, caption: caption === usual ? '' : caption }));

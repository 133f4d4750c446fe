/** Where a text is written: a new one, or one of the feed where it stands. */

import { announce, clock, config, copyOf, element, find, findAll, fit, isCommand, isLater, nameKeys, nowInStory, uuid, word } from './base.js';
import { cookie, login, Problem, waiting } from './api.js';
import { catchUp, changes, deliver, fieldsOf, isEmpty, reading, Returned, whole } from './deliver.js';
import { ask } from './dialogs.js';
import { blank, claim, forget, store } from './journal.js';
import { Photos } from './photos.js';
import { Text } from './text.js';

const HOSTS = new Set(config.embedHosts ?? []);

const isEmbeddable = (address) => {
  try {
    const { hostname, pathname } = new URL(address);
    return HOSTS.has(hostname.replace(/^www\./, '')) && pathname.length > 1;
  } catch {
    return false;
  }
};

const authorName = (form, id) => find(`[data-author] option[value="${id}"]`, form)?.textContent ?? '';

/**
 * What a composer tells.
 * @typedef {object} Desk
 * @property {(record: object, wish: string) => void} post a new text is handed over to be sent
 * @property {(answer: object) => void} saved
 * @property {(composer: Composer) => void} closed
 * @property {(composer: Composer) => void} editing what is being written has changed
 */
export class Composer {
  /** @type {import('./journal.js').TextRecord} */
  record;
  form;
  #desk;
  #inPlace;
  #text = null;
  #photos;
  #sending = null; // what gives up waiting
  #copy = null; // of the record, as it is being sent
  #ready;

  /** @param {HTMLElement} host @param {Desk} desk @param {object} record @param {boolean} inPlace */
  constructor(host, desk, record, inPlace) {
    this.#desk = desk;
    this.#inPlace = inPlace;
    this.record = record;
    this.form = copyOf('composer-template');
    this.form.dataset.made = '';
    host.append(this.form);
    nameKeys(this.form);
    this.#photos = new Photos(find('[data-photos]', this.form), () => this.#changed());
    this.#listen();
    this.#ready = this.#begin();
  }

  get #find() {
    return (selector) => find(selector, this.form);
  }

  async #begin() {
    claim(this.record.token);
    const take = { changed: () => this.#changed(), files: (files) => this.#photos.add(files), address: (address) => this.#embed(address) };
    this.#text = await Text.make(this.#find('[data-body]'), this.record.fields.body, take);
    this.#text.use(this.#find('.tools'));
    this.#fill();
  }

  // ── What it shows ─────────────────────────────────────────────────────────────────────────────────────

  /** Put the cursor into the text. */
  async focus() {
    await this.#ready;
    this.#text.focus();
  }

  get isEmpty() {
    return isEmpty(this.record.fields);
  }

  /** The update that is being written: 0 for a new one, null for none. */
  get editing() {
    return this.record.update ?? (this.isEmpty ? null : 0);
  }

  /** Write another text. @param {object} record @param {string} [says] */
  async show(record, says = '') {
    this.record = record;
    claim(record.token);
    await this.#ready;
    this.#fill();
    this.say(says);
    this.#desk.editing(this);
  }

  #fill() {
    const { fields } = this.record;
    this.#find('.headline').value = fields.headline;
    fit(this.#find('.headline'));
    if (this.#text.html !== fields.body) this.#text.html = fields.body;
    this.#photos.show(fields.photos);
    this.#find('[data-theirs]').hidden = true;
    this.#paint();
  }

  /** All that is not a field of text. */
  #paint() {
    const { fields, update, state } = this.record;
    for (const toggle of findAll('[data-toggle]', this.form)) {
      toggle.ariaPressed = String(Boolean(fields[toggle.dataset.toggle]));
      toggle.hidden = toggle.dataset.toggle === 'pinned' && !config.may.publish;
    }
    this.#paintAuthors();
    const embed = this.#find('[data-embed]');
    embed.hidden = !fields.embed;
    Object.assign(find('a', embed), { href: fields.embed || '#', textContent: fields.embed });
    const schedule = this.#find('[data-do=schedule]');
    schedule.hidden = !config.may.publish || state === 'published';
    schedule.dataset.words ??= schedule.textContent;
    schedule.textContent = fields.published_at ? `${fields.published_at.slice(0, 16).replace('T', ' ')} ✎` : schedule.dataset.words;
    this.#find('[data-do=correction]').hidden = state !== 'published';
    this.#find('[data-correction]').hidden = !fields.correction;
    this.#find('[data-correction-text]').textContent = fields.correction;
    this.#find('[data-do=close]').hidden = !this.#inPlace;
    this.#find('[data-do=new]').hidden = this.#inPlace || !update;
    this.#find('[data-do=draft]').hidden = ['published', 'withdrawn', 'scheduled'].includes(state) || (state === 'submitted' && !config.may.publish);
    this.#paintButton();
  }

  #paintButton() {
    const { published_at: time } = this.record.fields;
    const button = this.#find('.publish');
    const wish = this.wish;
    const label = wish === 'publish' && isLater(time) ? 'schedule' : wish;
    find('[data-label]', button).textContent = button.dataset[label];
  }

  /** What its main button does. */
  get wish() {
    if (['published', 'withdrawn', 'scheduled'].includes(this.record.state)) return 'save';
    if (config.may.publish) return 'publish';
    return this.record.state === 'submitted' ? 'save' : 'submit';
  }

  #paintAuthors() {
    const { authors } = this.record.fields;
    const chip = (id) => {
      const name = authorName(this.form, id);
      return element('button', { type: 'button', className: 'chip is-author', ariaLabel: word('removeNamed', name), title: word('removeNamed', name), textContent: name, onclick: () => this.#set({ authors: authors.filter((other) => other !== id) }) });
    };
    const by = authors.length ? [element('span', { className: 'quiet', textContent: word('by') })] : [];
    this.#find('[data-authors]').replaceChildren(...by, ...authors.map(chip));
    for (const option of this.#find('[data-author]').options) option.hidden = authors.includes(Number(option.value));
  }

  /** The state, in words. @param {string} words @param {'' | 'bad' | 'good' | 'busy'} [kind] @param {Node[]} [more] */
  say(words, kind = '', more = []) {
    const said = this.#find('[data-said]');
    said.className = `said ${kind && `is-${kind}`}`;
    said.replaceChildren(words, ...more);
    if (kind) announce(words);
    if (kind === 'bad') said.scrollIntoView({ block: 'nearest' }); // a photo that arrived may have pushed it away
  }

  // ── What is done to it ────────────────────────────────────────────────────────────────────────────────

  #listen() {
    const { form } = this;
    form.addEventListener('submit', (event) => (event.preventDefault(), this.send(this.wish)));
    form.addEventListener('input', (event) => event.target.matches('.headline') && (fit(event.target), this.#changed()));
    form.addEventListener('click', (event) => this.#press(event.target.closest('button')));
    form.addEventListener('keydown', (event) => this.#key(event));
    this.#find('[data-author]').addEventListener('change', ({ target }) => {
      const id = Number(target.value);
      target.value = '';
      if (id) this.#set({ authors: [...this.record.fields.authors, id] });
    });
    this.#find('[data-file]').addEventListener('change', ({ target }) => {
      this.#photos.add([...target.files]);
      target.value = '';
    });
    form.addEventListener('dragover', (event) => event.dataTransfer.types.includes('Files') && (event.preventDefault(), form.classList.add('takes')));
    form.addEventListener('dragleave', (event) => !form.contains(event.relatedTarget) && form.classList.remove('takes'));
    form.addEventListener('drop', (event) => {
      form.classList.remove('takes');
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      this.#photos.add([...event.dataTransfer.files]);
    });
  }

  #key(event) {
    const { target, key } = event;
    if (key === 'Escape' && target !== this.form) {
      event.stopPropagation();
      this.form.focus();
    } else if (key === 'Enter' && isCommand(event)) {
      event.preventDefault();
      event.stopPropagation();
      this.send(this.wish);
    } else if (key.toLowerCase() === 's' && isCommand(event)) {
      event.preventDefault();
      event.stopPropagation();
      this.keepDraft();
    } else if (key === 'Enter' && target.matches('.headline') && !event.isComposing) {
      event.preventDefault();
      this.#text.focus();
    }
  }

  /** Ctrl+S: a draft, or what the main button does where it is no draft. */
  keepDraft() {
    this.send(this.#find('[data-do=draft]').hidden ? 'save' : 'draft');
  }

  #press(button) {
    const { tool, toggle, do: action } = button?.dataset ?? {};
    if (tool === 'photo') this.#find('[data-file]').click();
    else if (tool === 'embed') this.#askEmbed();
    else if (toggle) this.#set({ [toggle]: !this.record.fields[toggle] });
    const actions = {
      draft: () => this.keepDraft(),
      preview: () => this.#preview(),
      schedule: () => this.#schedule(),
      correction: () => this.#correct(),
      'remove-embed': () => this.#set({ embed: '' }),
      new: () => this.#another(),
      close: () => this.close(),
    };
    actions[action]?.();
  }

  #set(fields) {
    Object.assign(this.record.fields, fields);
    this.#paint();
    this.#changed();
  }

  /** An address on its own becomes the embed, where there is none yet. */
  #embed(address) {
    if (this.record.fields.embed || !isEmbeddable(address)) return false;
    this.#set({ embed: address });
    announce(word('embedded'));
    return true;
  }

  async #askEmbed() {
    const answer = await ask('embed', (form) => (form.elements.embed.value = this.record.fields.embed));
    if (answer) this.#set({ embed: answer.data.get('embed').trim() });
  }

  async #schedule() {
    const answer = await ask('time', (form) => {
      form.elements.published_at.value = this.record.fields.published_at || nowInStory().slice(0, 16);
      find('[data-now]', form).textContent = nowInStory().slice(0, 16).replace('T', ' ');
      find('[data-clear]', form).hidden = false;
    });
    if (answer) this.#set({ published_at: answer.button === 'now' ? '' : answer.data.get('published_at') });
  }

  async #correct() {
    const answer = await ask('correction', (form) => {
      form.elements.correction.value = this.record.fields.correction;
      find('[value=minor]', form).hidden = true;
    });
    if (answer) this.#set({ correction: answer.data.get('correction').trim() });
  }

  #preview() {
    const form = element('form', { method: 'post', action: `${config.base}preview/`, target: '_blank', hidden: true });
    const given = { payload: JSON.stringify(whole(this.record)), csrfmiddlewaretoken: cookie('csrftoken') };
    for (const [name, value] of Object.entries(given)) form.append(element('input', { type: 'hidden', name, value }));
    document.body.append(form);
    form.submit();
    form.remove();
  }

  /** Every keystroke is kept. */
  #changed() {
    const { record } = this;
    const before = this.editing;
    Object.assign(record.fields, { headline: this.#find('.headline').value.replaceAll('\n', ' '), body: this.#text.html, photos: structuredClone(this.#photos.shown) });
    if (this.#copy) Object.assign(record, { sent: this.#copy.sent, earlier: this.#copy.earlier });
    if (!record.update && this.isEmpty) forget(record);
    else if (!store(record)) return this.say(word('full'), 'bad');
    if (!this.#sending) this.say(this.isEmpty ? '' : word('kept'));
    if (this.editing !== before) this.#desk.editing(this);
  }

  // ── Sending ───────────────────────────────────────────────────────────────────────────────────────────

  /** @param {string} wish publish, submit, draft or save */
  async send(wish) {
    await this.#ready;
    if (this.#sending) return;
    if (document.activeElement.matches('[data-field]')) document.activeElement.dispatchEvent(new Event('change', { bubbles: true })); // it is done
    this.#changed();
    if (this.isEmpty) return this.say(word('nothing'), 'bad');
    if (this.record.update && wish === 'save' && !changes(this.record).length && this.record.fields.correction === this.record.base.correction) return this.#unchanged();
    if (!(await this.#withPhotos())) return;
    const isNew = !this.#inPlace && ['publish', 'submit'].includes(wish);
    if (isNew) this.#handOver(wish);
    else await this.#save(wish);
  }

  #unchanged() {
    if (this.#inPlace) return this.close();
    this.say(word('savedAlready'));
  }

  /** Wait for photos that are on their way. Whether nothing stands against sending: one that was refused is looked at first. */
  async #withPhotos() {
    if (this.#photos.isUploading) {
      this.#sending = new AbortController();
      this.say(word('waitsPhoto'), 'busy');
      const hasAll = await this.#photos.settled();
      this.#sending = null;
      this.#changed();
      if (!hasAll) this.say(word('photoRefused'), 'bad');
      return hasAll;
    }
    await this.#photos.settled();
    return true;
  }

  /** The desk sends it, and the next can be written. */
  #handOver(wish) {
    this.#desk.post(this.record, wish);
    this.show(blank());
    this.#text.focus();
  }

  async #save(wish) {
    const { record } = this;
    const before = structuredClone(record.fields);
    const copy = (this.#copy = structuredClone(record));
    this.#sending = new AbortController();
    this.say(word('sending'), 'busy');
    const stop = element('button', { type: 'button', className: 'plain', textContent: word('stop'), onclick: () => this.#sending?.abort() });
    const tell = (problem) => this.say(waiting(problem), 'busy', [' ', ...login(problem), stop]);
    let done;
    try {
      const answer = await deliver(copy, wish, tell, this.#sending.signal);
      done = () => this.#acknowledged(answer, catchUp(record.fields, before, copy.fields));
    } catch (problem) {
      done = () => this.#refused(problem, catchUp(record.fields, before, copy.fields));
    }
    this.#sending = this.#copy = null;
    Object.assign(record, { update: copy.update, expected: copy.expected, base: copy.base, state: copy.state, sent: copy.sent, earlier: copy.earlier });
    done();
  }

  /** @param {object} answer @param {boolean} hasMore whether the editor has written on meanwhile */
  #acknowledged(answer, hasMore) {
    const { record } = this;
    Object.assign(record, {
      update: answer.id ?? record.update,
      expected: answer.entry?.revision ?? answer.revision,
      base: { ...record.base, ...record.sent.fields },
      state: answer.entry?.state ?? record.state,
      sent: null,
      earlier: [],
    });
    if (hasMore) store(record);
    else forget(record);
    this.#desk.saved(answer);
    if (this.#inPlace && !hasMore) return this.close();
    this.#fill();
    if (hasMore) this.say(word('savedSince'), 'good');
    else this.say(record.state === 'draft' ? word('draftKeptAt', clock()) : word('savedAt', clock()), 'good');
    this.#desk.editing(this);
  }

  #refused(problem, hasMore) {
    const isGone = problem.status === 404 && this.record.update;
    if (isGone) Object.assign(this.record, { update: null, expected: null, base: null, state: '', token: uuid(), sent: null, earlier: [] });
    store(this.record);
    if (!hasMore) this.#fill();
    if (isGone) return this.say(word('discardedMeanwhile'), 'bad');
    if (!(problem instanceof Returned)) {
      const words = problem instanceof Problem && !problem.passes ? problem.message : word('notSentKept');
      return this.say(words, 'bad');
    }
    if (problem.theirs) this.showTheirs(problem.theirs);
    this.say(problem.theirs ? word('bothTexts') : word('kept'), problem.theirs ? 'busy' : '');
    this.#text.focus();
  }

  /** Another's text beside one's own, to be read and copied from. @param {object} current */
  showTheirs(current) {
    this.#find('[data-theirs-text]').replaceChildren(...reading(current));
    this.#find('[data-theirs]').hidden = false;
  }

  // ── Coming and going ──────────────────────────────────────────────────────────────────────────────────

  /** The draft stays on the desk; here begins another text. */
  async #another() {
    if (changes(this.record).length) await this.#save('draft');
    if (changes(this.record).length) return;
    forget(this.record);
    await this.show(blank());
    this.#text.focus();
  }

  /** Leave what stands where it stands. What was not saved is kept. */
  close() {
    if (this.#sending) return this.say(word('isSending'), 'busy');
    if (!changes(this.record).length) forget(this.record);
    this.#text?.destroy();
    this.form.remove();
    this.#desk.closed(this);
  }
}

/** A record for an update as the server gives it. @param {object} update */
export const recordOf = (update) => ({
  ...blank(),
  update: update.id,
  expected: update.revision,
  state: update.state,
  fields: structuredClone(fieldsOf(update)),
  base: update,
});

/** The coverage itself: its header, its start and end, the next one. */

import { parse } from '../dom.js';
import { announce, config, element, find, word } from './base.js';
import { login, persist, send, waiting } from './api.js';
import { ask } from './dialogs.js';
import { Photos } from './photos.js';

const DONE = { start: 'started', 'undo-start': 'startUndone', end: 'ended', reopen: 'reopened', withdraw: 'withdrawn', restore: 'restored', header: 'saved' };

export class Course {
  #host = find('[data-coverage]');
  #said = element('p', { className: 'quiet', role: 'status' });
  #desk;

  /** @param {{receive: (answer: object) => void}} desk */
  constructor(desk) {
    this.#desk = desk;
    this.#host.after(this.#said);
    this.#host.addEventListener('click', (event) => this.#press(event.target.closest('[data-course]')?.dataset.course));
  }

  /** The server's panel; and what stands at the top of the page. @param {string} html */
  show(html) {
    const at = document.activeElement?.dataset?.course;
    this.#host.replaceChildren(parse(html)); // to morph would leave templates as they are
    if (at) find(`[data-course=${at}]`, this.#host)?.focus({ preventScroll: true });
    const headline = find('template[data-dialog=header]', this.#host)?.content.querySelector('[name=headline]')?.textContent;
    const link = find('.bar-headline a');
    if (headline && link.textContent !== headline) link.textContent = headline;
  }

  /** @param {string} state @param {string} [label] */
  state(state, label) {
    const badge = find('[data-coverage-state]');
    config.state = state;
    if (badge.dataset.coverageState === state) return;
    badge.dataset.coverageState = state;
    badge.textContent = label ?? state[0].toUpperCase() + state.slice(1);
  }

  async #press(name) {
    if (!name) return;
    if (name === 'header') return this.#header();
    const body = await this.#details(name);
    if (body) await this.#send(`coverage/${name}/`, body, name);
  }

  async #details(name) {
    if (name === 'withdraw') {
      const answer = await ask('withdraw-coverage');
      return answer && { reason: answer.data.get('reason').trim() };
    }
    if (name !== 'end') return {};
    const answer = await ask(find('template[data-dialog=end]', this.#host));
    if (!answer) return null;
    const successor = answer.data.get('successor');
    return { successor: Number(successor) || null, create: successor === 'create' ? answer.data.get('create').trim() : '', start: answer.data.has('start') };
  }

  async #header() {
    const template = find('template[data-dialog=header]', this.#host);
    const expected = Number(find('[data-revision]', this.#host).dataset.revision);
    let photos;
    let stood;
    const answer = await ask(template, (form) => {
      const lead = find('.lead', form);
      const { lead: id, url, caption, credit, alt } = lead.dataset;
      photos = new Photos(find('.photos', lead), () => photos.shown.length > 1 && photos.show(photos.shown.slice(-1)));
      photos.show(id ? [{ id: Number(id), url, caption, default_caption: '', credit, alt }] : []);
      stood = JSON.stringify(leadOf(photos));
      find('[data-lead-file]', form).onchange = ({ target }) => photos.add([...target.files]);
    });
    if (!answer) return;
    await photos.settled();
    const body = { expected, headline: answer.data.get('headline').trim(), summary: answer.data.get('summary').trim() };
    const lead = leadOf(photos);
    await this.#send('coverage/', JSON.stringify(lead) === stood ? body : { ...body, lead }, 'header');
  }

  async #send(path, body, name) {
    const tell = (problem) => this.#say(waiting(problem, word('waitsStep')), false, login(problem));
    this.#say(word('sending'));
    try {
      const answer = await persist(() => send(path, body), tell);
      this.#desk.receive(answer);
      this.#say(word(DONE[name]), false, next(answer));
      announce(word(DONE[name]));
    } catch (problem) {
      const isOvertaken = problem.status === 409;
      this.#say(isOvertaken ? `${problem.message} ${word('wroteWas', body.headline ?? '', body.summary ?? '')}` : problem.message, true);
    }
  }

  #say(words, isBad = false, more = []) {
    this.#said.className = isBad ? 'is-bad' : 'quiet';
    this.#said.replaceChildren(words, ' ', ...more);
  }
}

const leadOf = ({ shown: [photo] }) => (photo ? { id: photo.id, caption: photo.caption === photo.default_caption ? '' : photo.caption } : null);

/** The way to the coverage that follows. */
const next = ({ successor }) => (successor?.desk ? [element('a', { href: successor.desk, textContent: successor.headline })] : []);

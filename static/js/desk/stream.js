/** How the desk hears of what others do: its stream; where there is none, questions. Whatever is lost is asked for. */

import { config } from './base.js';
import { get, wake } from './api.js';

const POLL = 5; // seconds
const SILENCE = 40; // seconds without a heartbeat
const HIDDEN = 30; // seconds after which a tab that nobody sees gives its connection back

/**
 * @typedef {object} Hearer
 * @property {(delta: object) => void} delta fits what is shown
 * @property {(delta: object) => void} reset is the whole list
 * @property {(people: object[]) => void} people
 * @property {(audience: object) => void} audience
 * @property {(problem: import('./api.js').Problem | null) => void} connection null: all is well
 */
export class DeskStream {
  revision = config.revision;
  #hearer;
  #source = null;
  #watchdog = 0;
  #timer = 0;
  #asking = false;
  #failed = 0;
  #isOver = false;

  /** @param {Hearer} hearer */
  constructor(hearer) {
    this.#hearer = hearer;
  }

  start() {
    let hiding = 0;
    document.addEventListener('visibilitychange', () => {
      clearTimeout(hiding);
      if (document.hidden) hiding = setTimeout(() => (this.#close(), this.#plan(HIDDEN)), HIDDEN * 1000);
      else if (!this.#source) this.ask();
    });
    addEventListener('online', () => (this.#close(), this.ask()));
    addEventListener('offline', () => this.#plan(1));
    addEventListener('focus', () => this.#failed && this.ask());
    addEventListener('pagehide', () => this.#close());
    addEventListener('pageshow', (event) => event.persisted && this.ask());
    if (config.streams) this.#open();
    else this.#plan(POLL);
  }

  /** Apply an answer if it fits, ignore it if it is known, ask if something is missing. @param {object} delta */
  receive(delta) {
    if (delta.reset) {
      this.#hearer.reset(delta);
      this.revision = delta.revision;
    } else if (delta.after > this.revision) this.ask();
    else if (delta.revision > this.revision) {
      this.#hearer.delta(delta);
      this.revision = delta.revision;
    }
  }

  ask = async () => {
    if (this.#asking || this.#isOver) return;
    this.#asking = true;
    clearTimeout(this.#timer);
    try {
      const answer = await get(`changes?after=${this.revision}`);
      const wasLost = this.#failed > 0;
      this.#failed = 0;
      this.#hearer.connection(null);
      if (wasLost) wake();
      this.receive(answer);
      if (answer.people) this.#hearer.people(answer.people);
      if (answer.audience) this.#hearer.audience(answer.audience);
    } catch (problem) {
      this.#failed++;
      this.#isOver = problem.status === 403 || problem.status === 404;
      if (this.#failed > 1 || problem.status) this.#hearer.connection(problem);
    }
    this.#asking = false;
    if (!this.#failed && config.streams && !document.hidden) this.#open();
    if (!this.#source) this.#plan(this.#failed ? Math.min(POLL, 2 ** (this.#failed - 1)) : document.hidden ? HIDDEN : POLL);
  };

  #plan(seconds) {
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#timer = setTimeout(this.ask, seconds * 1000 * (0.75 + Math.random() / 2));
  }

  #open() {
    if (this.#source) return;
    const source = (this.#source = new EventSource(`${config.base}stream?after=${this.revision}`));
    const on = (name, take) => source.addEventListener(name, (event) => (this.#watch(), take(JSON.parse(event.data))));
    source.onopen = () => {
      this.#watch();
      this.#hearer.connection(null);
      wake();
    };
    on('changes', (delta) => this.receive(delta));
    on('people', ({ people }) => this.#hearer.people(people));
    on('audience', (audience) => this.#hearer.audience(audience));
    on('heartbeat', ({ revision }) => revision > this.revision && this.ask());
    on('goodbye', () => (this.#close(), this.ask()));
    source.onerror = () => this.#lost();
    this.#watch();
  }

  #lost() {
    this.#close();
    if (!document.hidden) this.#plan(Math.random());
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#lost(), SILENCE * 1000);
  }

  #close() {
    clearTimeout(this.#watchdog);
    this.#source?.close();
    this.#source = null;
  }
}

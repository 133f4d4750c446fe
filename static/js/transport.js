/**
 * How the page hears of changes: the stream; where there is none, questions at the server's pace.
 * Whatever is lost, repeated or late here is put right by the next answer: see `LiveCoverage.receive`.
 */

const SECOND = 1000;
const CONNECTING = 15; // seconds until a stream or an answer must have begun
const COMING_BACK = 3.5 * SECOND; // over which readers come back whom a server has lost all at once
const AGAIN = 2.5; // seconds at most to the next try: all is right 5 s after what broke is whole again
const LOSSES = 20; // streams that break in a row before they are tried less often: more than while a cache hides an outage
const SILENCE = 40; // seconds without a heartbeat
const HIDDEN = 60; // seconds between questions of a tab that nobody sees
const ENDED = 300; // seconds between questions about a coverage that has ended

const jitter = (seconds) => seconds * SECOND * (0.75 + Math.random() / 2);

/**
 * What the transport serves.
 * @typedef {object} Reader
 * @property {number} version what the page shows
 * @property {boolean} resetting whether it is being fetched anew as a whole
 * @property {(delta: object) => void} receive
 * @property {(facts: {version: number, build: string, now?: string}) => void} hear
 * @property {() => Promise<unknown>} missing there is no such coverage any more
 * @property {(lost: boolean) => void} connection
 */
export class Transport {
  #reader;
  #at;
  #source = null;
  #opened = 0;
  #timer = 0;
  #watchdog = 0;
  #asking = false;
  #stop = new AbortController();
  #known = 0; // the newest version heard of
  #behind = 0; // answers in a row that were older than that
  #lost = 0; // streams in a row that broke
  #streamAfter = 0; // no new stream before this moment
  #failed = 0; // questions in a row without an answer
  #retryAfter = 0;

  /**
   * @param {Reader} reader
   * @param {{changes: string, stream: string, mode: string, poll: string, state: string}} at addresses and settings
   */
  constructor(reader, at) {
    this.#reader = reader;
    this.#at = { ...at, poll: Number(at.poll) || 10 };
  }

  start() {
    const { signal } = this.#stop;
    const on = (type, hear, target = window) => target.addEventListener(type, hear, { signal });
    on('visibilitychange', () => this.#wake(), document);
    on('online', () => (this.#close(), this.#wake()));
    on('offline', () => this.#plan());
    on('pagehide', () => this.#close());
    on('pageshow', ({ persisted }) => persisted && this.#wake());
    this.#wake();
  }

  stop() {
    this.#stop.abort();
    this.#close();
    clearTimeout(this.#timer);
  }

  /** Ask what came after the page's version, now. */
  ask = async () => {
    if (this.#asking || this.#stop.signal.aborted || this.#reader.resetting) return;
    this.#asking = true;
    clearTimeout(this.#timer);
    let answer;
    try {
      answer = await this.#fetch();
    } catch {
      answer = null; // no connection, no answer in time, or one that is not ours
    }
    this.#asking = false;
    if (this.#stop.signal.aborted) return;
    this.#failed = answer ? 0 : this.#failed + 1;
    if (answer) this.#hear(answer, true);
    else this.#plan();
  };

  async #fetch() {
    const response = await fetch(`${this.#at.changes}?after=${this.#reader.version}`, {
      cache: 'no-cache', // the browser's own stale-while-revalidate would answer from the past
      signal: AbortSignal.timeout(CONNECTING * SECOND),
    });
    this.#retryAfter = Number(response.headers.get('Retry-After')) || 0;
    if (response.status === 404 || response.status === 410) await this.#reader.missing();
    return response.ok ? { now: response.headers.get('Date'), ...(await response.json()) } : null;
  }

  /** Obey the settings of any answer, hand on a delta, and go on as is fit now. */
  #hear(facts, isDelta) {
    for (const name of ['mode', 'poll', 'state']) if (facts[name] !== undefined) this.#at[name] = facts[name];
    this.#known = facts.reset ? 0 : Math.max(this.#known, facts.version);
    try {
      this.#reader.hear(facts);
      if (isDelta) this.#reader.receive(facts);
    } finally {
      this.#behind = this.#reader.version < this.#known ? this.#behind + 1 : 0;
      this.#plan();
    }
  }

  #wake() {
    this.#failed = 0;
    this.#streamAfter = 0;
    this.#plan();
    const { mode, state } = this.#at;
    if (!document.hidden && !this.#source && (mode === 'poll' || (mode === 'stream' && state !== 'live'))) this.ask();
  }

  get #wantsStream() {
    return this.#at.mode === 'stream' && this.#at.state === 'live' && !document.hidden;
  }

  /** Open or close the stream, and set the time of the next question. */
  #plan() {
    clearTimeout(this.#timer);
    if (this.#stop.signal.aborted) return;
    this.#reader.connection(!navigator.onLine || this.#failed > 1);
    if (!this.#wantsStream) this.#close();
    else if (!this.#source && !this.#failed && Date.now() >= this.#streamAfter) this.#open();
    const seconds = this.#pause();
    if (seconds < Infinity) this.#timer = setTimeout(this.ask, jitter(seconds));
  }

  /** Seconds to the next question. */
  #pause() {
    const { mode, poll, state } = this.#at;
    let usual = poll;
    if (mode !== 'frozen') {
      if (this.#source) usual = Infinity;
      else if (this.#wantsStream) usual = Math.min(poll, Math.max(0, this.#streamAfter - Date.now()) / SECOND);
      else usual = Math.max(poll, state !== 'live' ? ENDED : document.hidden ? HIDDEN : 0);
      if (this.#behind && this.#wantsStream) usual = Math.min(AGAIN, 2 ** this.#behind / 4);
    }
    if (!this.#failed) return usual;
    const backoff = Math.max(this.#retryAfter, Math.min(AGAIN, 2 ** (this.#failed - 1)));
    return this.#wantsStream ? backoff : Math.max(usual, backoff);
  }

  #open() {
    const source = (this.#source = new EventSource(`${this.#at.stream}?after=${this.#reader.version}`));
    const on = (name, isDelta) =>
      source.addEventListener(name, (event) => {
        this.#watch(SILENCE);
        this.#hear(JSON.parse(event.data), isDelta);
      });
    on('changes', true);
    on('heartbeat', false);
    source.onopen = () => this.#watch(SILENCE);
    source.onerror = () => this.#break(); // a 204 looks the same: the question that follows tells
    this.#opened = Date.now();
    this.#watch(CONNECTING);
  }

  #close() {
    clearTimeout(this.#watchdog);
    this.#source?.close();
    this.#source = null;
  }

  #watch(seconds) {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#break(), seconds * SECOND);
  }

  /** The stream is lost: ask, and open it again; ever later if it does not last. */
  #break() {
    this.#close();
    this.#lost = Date.now() - this.#opened > 60 * SECOND ? 1 : this.#lost + 1;
    this.#streamAfter = this.#lost > 1 ? Date.now() + jitter(Math.min(ENDED, Math.max(AGAIN, 2 ** (this.#lost - LOSSES)))) : 0;
    clearTimeout(this.#timer);
    // Told of a newer version and then sent away: withdrawn, perhaps, and that must be seen soon.
    const spread = this.#known > this.#reader.version ? 250 : COMING_BACK;
    this.#timer = setTimeout(this.ask, Math.random() * spread);
  }
}

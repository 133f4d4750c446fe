/**
 * `<listen-button data-src="…" data-text="selector">`: plays the `<audio>` after it where there is one, from where the
 * reader stopped last time, else the browser reads the text aloud, paragraph by paragraph. It stays hidden where
 * neither can be done.
 */

import { language, make, memory, word } from './page.js';

const BLOCKS = 'h1, h2, h3, h4, p, li, blockquote, figcaption';
const speech = window.speechSynthesis;
const hasVoice = () => Boolean(speech?.getVoices().some((voice) => voice.lang.slice(0, 2) === language.slice(0, 2)));

export class ListenButton extends HTMLElement {
  /** @type {ListenButton | null} only one is heard at a time */
  static #current = null;
  #state = 'idle';
  #label = '';
  #audio = null;
  #texts = [];
  #utterance = null;
  #stopButton = make('button', { type: 'button', textContent: word('listenStop'), onclick: () => this.stop() });

  connectedCallback() {
    this.onclick = (event) => event.target.closest('button:not([data-made])') && this.#toggle();
    speech?.addEventListener?.('voiceschanged', this.#offer);
    this.refresh();
  }

  disconnectedCallback() {
    speech?.removeEventListener?.('voiceschanged', this.#offer);
    this.stop();
  }

  /** Being moved within the page interrupts nothing. */
  connectedMoveCallback() {}

  /** Its HTML is the server's again. */
  refresh() {
    this.#label = this.#button?.innerHTML ?? '';
    this.#adopt();
    this.#offer();
    this.#paint();
  }

  stop() {
    this.#audio?.pause();
    this.#silence();
    this.#turn('idle');
  }

  get #button() {
    return this.querySelector('button:not([data-made])');
  }

  #offer = () => {
    this.hidden = !this.#button || !(this.dataset.src || (this.dataset.text && hasVoice()));
  };

  #turn(state) {
    this.#state = state;
    if (state === 'playing') {
      if (ListenButton.#current !== this) ListenButton.#current?.stop();
      ListenButton.#current = this;
    }
    this.#paint();
  }

  #paint() {
    const button = this.#button;
    if (!button) return;
    const words = { playing: word('listenPause'), paused: word('listenContinue') }[this.#state];
    if (words) button.textContent = words;
    else button.innerHTML = this.#label;
    if (this.#state !== 'idle' && !this.#audio) this.append(this.#stopButton);
    else if (this.#stopButton.isConnected) {
      if (document.activeElement === this.#stopButton) button.focus();
      this.#stopButton.remove();
    }
  }

  #toggle() {
    if (this.#audio) this.#play();
    else if (this.#state === 'playing') {
      this.#silence();
      this.#turn('paused');
    } else this.#speak();
  }

  #play() {
    const audio = this.#audio;
    if (!audio.paused) return audio.pause();
    this.toggleAttribute('open', true); // shows its controls
    audio.play().catch((error) => {
      if (error.name === 'AbortError') return;
      this.#audio = null;
      this.#turn('idle');
      if (hasVoice()) this.#speak();
    });
  }

  #adopt() {
    const audio = this.dataset.src ? this.nextElementSibling : null;
    if (audio === this.#audio) return;
    this.#audio = audio;
    if (!audio) return;
    const name = `heard ${this.dataset.src}`;
    let kept = Number(memory('localStorage', name)) || 0;
    const keep = () => kept !== (kept = audio.ended ? 0 : Math.floor(audio.currentTime)) && memory('localStorage', name, `${kept}`);
    audio.currentTime = kept; // nothing is loaded yet: there it will begin
    audio.ontimeupdate = keep; // each second: phones close pages without a word
    audio.onplay = () => {
      this.#turn('playing');
      this.#announce();
    };
    audio.onpause = () => {
      keep();
      this.#turn(audio.ended ? 'idle' : 'paused');
    };
  }

  /** For the lock screen, the headphones and the car. */
  #announce() {
    if (!navigator.mediaSession) return;
    const about = (name) => document.querySelector(`meta[property="og:${name}"]`)?.content ?? '';
    const { title } = this.parentElement.querySelector('[data-share]').dataset;
    const artwork = [{ src: about('image') }].filter(({ src }) => src.startsWith(location.origin)); // our policy forbids others
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist: about('site_name'), artwork });
  }

  /** Go on where it was paused, or from the beginning. */
  #speak() {
    if (this.#state === 'idle') {
      const blocks = [...document.querySelectorAll(this.dataset.text)].flatMap((root) => {
        const inner = [...root.querySelectorAll(BLOCKS)];
        return inner.length ? inner : [root];
      });
      const leaves = blocks.filter((block) => !block.querySelector(BLOCKS) && !block.closest('footer, nav, [data-made], [hidden]'));
      this.#texts = leaves.map((block) => block.textContent.trim()).filter(Boolean);
    }
    this.#turn('playing');
    this.#next();
  }

  #next() {
    const [text] = this.#texts;
    this.#utterance = null;
    if (!text) return this.stop();
    const utterance = (this.#utterance = new SpeechSynthesisUtterance(text));
    utterance.lang = this.closest('[lang]')?.lang || language;
    utterance.onend = () => {
      if (this.#utterance !== utterance) return;
      this.#texts.shift();
      this.#next();
    };
    utterance.onerror = () => this.#utterance === utterance && this.stop();
    speech.speak(utterance);
  }

  /** Cancel, not pause: on Android pause() ends the speech without a word. */
  #silence() {
    if (!this.#utterance) return;
    this.#utterance = null;
    speech.cancel();
  }
}

addEventListener('pagehide', () => speech?.cancel());

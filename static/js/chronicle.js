/**
 * `<live-chronicle>`: a page to which nothing new comes while it is open, but from which what is withdrawn goes, and on
 * which what is edited changes.
 */

import { keep, morph, parse } from './dom.js';
import './links.js';
import { ListenButton } from './listen.js';
import { drawn, noteFor, showGone } from './page.js';
import { SwipeList } from './swipe.js';
import { showTimes, startTimes } from './times.js';
import { Transport } from './transport.js';

class LiveChronicle extends HTMLElement {
  connectedCallback() {
    this.version = Number(this.dataset.version);
    this.transport = new Transport(this, this.dataset);
    this.transport.start();
  }

  hear() {}

  connection() {}

  missing() {
    return showGone(location.href);
  }

  /** @param {object} delta the wire format's */
  receive({ after, pinned, removed, reset, updates, version }) {
    if (reset) location.reload();
    else if (after > this.version) this.transport.ask();
    else if (version > this.version) {
      this.version = version;
      const isPinned = (id) => pinned?.includes(` data-id="${id}"`); // which leaves the feed, not this page
      keep(() => {
        for (const { id, html } of [...updates, ...removed.map((one) => ({ id: one }))]) {
          const shown = this.querySelector(`[data-id="${id}"]`);
          if (html && shown?.matches('.update')) morph(shown, parse(html).firstElementChild);
          else if (!html && shown && !isPinned(id)) noteFor(shown, 'withdrawn');
        }
        showTimes(this);
      });
    }
  }
}

startTimes();
await drawn();
customElements.define('listen-button', ListenButton);
customElements.define('live-chronicle', LiveChronicle);
customElements.define('swipe-list', SwipeList);

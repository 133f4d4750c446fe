/** All that script adds to the readers' pages. Without it they can be read, paged and heard all the same. */

import { KeyCarousel } from './carousel.js';
import { LiveCoverage } from './coverage.js';
import { ListenButton } from './listen.js';
import { drawn } from './page.js';
import { startTimes } from './times.js';

startTimes();
// Asked sooner, the browser would lay out the page amid the script, in one long task in which no touch is answered.
await drawn();
customElements.define('key-carousel', KeyCarousel);
customElements.define('listen-button', ListenButton);
customElements.define('live-coverage', LiveCoverage);

/** All that script adds to the readers' pages. Without it they can be read, paged and heard all the same. */

import { LiveCoverage } from './coverage.js';
import { ListenButton } from './listen.js';
import { drawn } from './page.js';
import { SwipeList } from './swipe.js';
import { startTimes } from './times.js';

startTimes();
// Asked sooner, the browser would lay out the page amid the script, in one long task in which no touch is answered.
await drawn();
customElements.define('listen-button', ListenButton);
customElements.define('live-coverage', LiveCoverage);
customElements.define('swipe-list', SwipeList);

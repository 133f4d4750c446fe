/** All that script adds to the readers' pages. Without it they can be read, paged and heard all the same. */

import './times.js';
import { LiveCoverage } from './coverage.js';
import { ListenButton } from './listen.js';
import { SwipeList } from './swipe.js';

customElements.define('listen-button', ListenButton);
customElements.define('live-coverage', LiveCoverage);
customElements.define('swipe-list', SwipeList);

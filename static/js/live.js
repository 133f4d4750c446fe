/** All that script adds to the readers' pages. Without it they can be read, paged and heard all the same. */

import './times.js';
import { KeyCarousel } from './carousel.js';
import { LiveCoverage } from './coverage.js';
import { ListenButton } from './listen.js';

customElements.define('key-carousel', KeyCarousel);
customElements.define('listen-button', ListenButton);
customElements.define('live-coverage', LiveCoverage);

/**
 * Times as the reader reads them: "8 minutes ago · 7:14 a.m. your time" beside the server's, which are absolute and in
 * the story's zone; "Today" for its date. By the server's clock, since the reader's own may be wrong.
 */

import { keep } from './dom.js';
import { language, make, word } from './page.js';

const MINUTE = 60_000;
const FRESH = 60 * MINUTE;

const zone = document.querySelector('[data-zone]')?.dataset.zone;
const isNarrow = matchMedia('(max-width: 30em)').matches;
const ago = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: isNarrow ? 'short' : 'long' });
let ahead = 0; // milliseconds that the server's clock is ahead of ours

const format = (options) => new Intl.DateTimeFormat(language, options);
const clockTime = { hour: 'numeric', minute: '2-digit' };
const ownTime = format(clockTime);
const ownDayAndTime = format({ weekday: 'short', ...clockTime });
const inStory = format({ ...clockTime, timeZone: zone });
const storyDay = format({ dateStyle: 'short', timeZone: zone });
const ownDay = format({ dateStyle: 'short' });

/**
 * @param {string} now the server's time
 * @param {boolean} [atLeast] it may be older: a page is kept for as long as nothing changes
 */
export function correctClock(now, atLeast = false) {
  const difference = Date.parse(now) - Date.now();
  const before = ahead;
  ahead = atLeast ? Math.max(0, difference) : difference;
  if (Math.abs(ahead - before) > MINUTE / 2) tick();
}

/** @param {ParentNode} root where times may be new or have passed */
export function showTimes(root) {
  const now = Date.now() + ahead;
  for (const left of root.querySelectorAll('.relative[data-made]')) if (left.previousElementSibling?.localName !== 'time') left.remove();
  for (const time of root.querySelectorAll('time:not([data-format="day"])')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    showDay(time, at, now);
    const words = [relative(now - at), yours(at)].filter(Boolean).map((text, index) => (index ? ` · ${text}` : text));
    let beside = time.nextElementSibling?.matches('.relative[data-made]') ? time.nextElementSibling : null;
    if (!words.length) beside?.remove();
    else {
      if (!beside) time.after((beside = make('span', { className: 'relative' })));
      // Two parts: where there is no room for the second, it is left out whole.
      if (beside.textContent !== words.join('')) beside.replaceChildren(...words.map((textContent) => make('span', { textContent })));
    }
  }
}

function showDay(time, at, now) {
  const day = time.querySelector('[data-day]');
  const today = word(time.dataset.format === 'within' ? 'todayWithin' : 'today');
  if (!day || !today) return;
  day.dataset.day ||= day.textContent; // which is what is printed
  const text = storyDay.format(at) === storyDay.format(now) ? today : day.dataset.day;
  if (day.textContent !== text) day.textContent = text;
}

function relative(age) {
  return age < FRESH && age > -MINUTE ? ago.format(-Math.max(0, Math.floor(age / MINUTE)), 'minute') : '';
}

/** The reader's own time, where the story's clock shows another. */
function yours(at) {
  const isSameDay = ownDay.format(at) === storyDay.format(at);
  if (!zone || (isSameDay && ownTime.format(at) === inStory.format(at))) return '';
  return word('yourTime', (isSameDay ? ownTime : ownDayAndTime).format(at).replace(/\s([AP])M$/, (_, half) => ` ${half.toLowerCase()}.m.`));
}

const tick = () => keep(() => showTimes(document));

/** Show the times of the page, and keep them right as time passes. */
export function startTimes() {
  setInterval(() => document.hidden || tick(), MINUTE);
  document.addEventListener('visibilitychange', () => document.hidden || tick());
  showTimes(document); // not kept: nothing was drawn yet, and to measure would lay out the page now
}

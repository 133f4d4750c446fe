/** The order of a list, changed by dragging a handle or by arrow keys on it. */

import { findAll } from './base.js';

const STEPS = { ArrowUp: -1, ArrowDown: 1 };

/**
 * @param {HTMLElement} host around all that comes into it
 * @param {string} grip selects handles
 * @param {string} one selects what each of them moves, among its siblings
 * @param {(item: HTMLElement) => void} moved told when an item has come to stand elsewhere
 */
export function orderable(host, grip, one, moved) {
  const items = (item) => findAll(`:scope > ${one}`, item.parentElement);

  host.addEventListener('keydown', (event) => {
    const handle = event.target.closest(grip);
    const step = handle && STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const item = handle.closest(one);
    const all = items(item);
    const other = all[all.indexOf(item) + step];
    if (!other) return;
    if (step < 0) other.before(item);
    else other.after(item);
    handle.focus();
    moved(item);
  });

  host.addEventListener('pointerdown', (event) => {
    const handle = event.target.closest(grip);
    if (!handle || event.button) return;
    event.preventDefault();
    handle.focus();
    const item = handle.closest(one);
    const before = items(item).indexOf(item);
    const move = ({ clientY }) => {
      item.classList.add('is-dragged');
      const others = items(item).filter((other) => other !== item);
      const next = others.find((other) => clientY < other.getBoundingClientRect().top + other.offsetHeight / 2);
      if (next && item.nextElementSibling !== next) next.before(item);
      if (!next && others.at(-1)?.nextElementSibling !== item) others.at(-1)?.after(item);
    };
    const events = new AbortController();
    const stop = () => {
      events.abort();
      item.classList.remove('is-dragged');
      handle.focus();
      if (items(item).indexOf(item) !== before) moved(item);
    };
    addEventListener('pointermove', move, events);
    for (const name of ['pointerup', 'pointercancel']) addEventListener(name, stop, events);
  });
}

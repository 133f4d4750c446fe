/** Keys for the whole desk. Single letters can be turned off: they may be in the way of speech input (WCAG 2.1.4). */

import { find, findAll, isCommand } from './base.js';
import { ask } from './dialogs.js';

const OFF = 'desk:letters-off';

const isOff = () => {
  try {
    return Boolean(localStorage.getItem(OFF));
  } catch {
    return false;
  }
};

/** @param {{write: () => void, keepDraft: () => void, edit: (item: HTMLElement) => void}} desk */
export function listen(desk) {
  document.addEventListener('keydown', (event) => {
    const { target, key } = event;
    if (key.toLowerCase() === 's' && isCommand(event)) {
      event.preventDefault(); // never the browser's "save page"
      desk.keepDraft();
      return;
    }
    const isTyping = target.closest('input, textarea, select, [contenteditable=true], dialog');
    if (key === 'Escape' && target.matches('input, select')) target.blur();
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || isOff()) return;
    const act = { n: desk.write, '/': () => find('[data-find]').focus(), j: () => step(1), k: () => step(-1), e: () => editHere(desk), '?': shortcuts }[key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  find('[data-open=shortcuts]')?.addEventListener('click', shortcuts);
}

const here = () => document.activeElement?.closest('.feed > li');

function step(by) {
  const items = findAll('[data-feed] > li');
  const at = items.indexOf(here());
  const item = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + by))];
  if (!item) return;
  item.tabIndex = -1;
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: 'nearest' });
}

const editHere = (desk) => here() && desk.edit(here());

async function shortcuts() {
  await ask('shortcuts', (form) => {
    form.elements.letters.checked = !isOff();
    form.elements.letters.onchange = ({ target }) => {
      if (target.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, '1');
    };
  });
}

/** Links that do more with script: to share, to see a photo large or a film in its place, to jump to an update. */

import { goTo } from './dom.js';
import { make, word } from './page.js';

const REACH = 12; // fragments of older updates that are worth loading; the update's own page is quicker beyond

/** Follow links marked data-<name> with `follow`; where it fails, they are just links. */
export function onLink(name, follow) {
  document.addEventListener('click', async (event) => {
    const link = event.target.closest?.(`a[data-${name}]`);
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      await follow(link);
    } catch (error) {
      if (error.name !== 'AbortError') location.href = link.href; // which says that the reader thought better of it
    }
  });
}

onLink('share', async (link) => {
  const { href: url } = link;
  if (navigator.share) return navigator.share({ title: link.dataset.title, url });
  await navigator.clipboard.writeText(url);
  const said = make('span', { className: 'copied', role: 'status' });
  link.after(said);
  setTimeout(() => (said.textContent = word('copied'))); // a status speaks when it changes
  setTimeout(() => said.remove(), 4000);
});

/** The photo, or the gallery that it stands in, once more and as large as the screen. */
onLink('enlarge', (link) => {
  const copy = (link.closest('swipe-list') ?? link.parentElement).cloneNode(true);
  const dialog = make('dialog', { className: 'photo-large', ariaLabel: copy.ariaLabel ?? link.querySelector('img').alt });
  const close = make('button', { type: 'button', textContent: '×', ariaLabel: word('close') });
  const links = [...copy.querySelectorAll('a')];
  const slide = links.find(({ href }) => href === link.href).closest('li');
  for (const one of copy.querySelectorAll('[sizes$=rem]')) one.sizes = '100vw'; // a small one keeps its own
  for (const one of links) one.replaceWith(one.firstChild);
  copy.prepend(close); // it has the focus, and arrow keys are the gallery's
  dialog.append(copy);
  dialog.onclick = ({ target }) => [dialog, close].includes(target) && dialog.close();
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
  slide?.scrollIntoView();
});

/** A film or post of another site: nothing of it is asked for until the reader asks for it. */
onLink('embed', (link) => {
  const { frame: src, title } = link.parentElement.dataset;
  const frame = make('iframe', {
    title,
    allow: 'autoplay; fullscreen; picture-in-picture',
    sandbox: 'allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-forms',
    referrerPolicy: 'strict-origin-when-cross-origin', // without it YouTube plays nothing
    src,
  });
  link.after(frame);
  link.hidden = true;
  frame.focus();
});

/**
 * Links marked data-jump: the update is loaded where it is not yet, shown and marked.
 * @param {(id: number) => Promise<boolean>} more load more of the feed, and say whether there was more
 */
export function followJumps(more) {
  const find = (id) => document.querySelector(`#update-${id}, #story[data-id="${id}"]`);
  onLink('jump', async ({ dataset }) => {
    const id = Number(dataset.jump);
    for (let tried = 0; !find(id) && tried < REACH && (await more(id)); tried++);
    const target = find(id);
    const folded = target.closest('details') ?? target.querySelector('details');
    if (folded) folded.open = true;
    document.querySelector('.is-target')?.classList.remove('is-target');
    (target.closest('li') ?? target).classList.add('is-target');
    goTo(target);
  });
}

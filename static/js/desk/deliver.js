/** From a record to the server: sent until it is acknowledged, once; overtaken by somebody else, both are shown. */

import { config, find, isLater, uuid, word } from './base.js';
import { persist, send } from './api.js';
import { ask } from './dialogs.js';
import { store } from './journal.js';
import { placed } from './photos.js';

const NAMES = ['headline', 'body', 'embed', 'authors', 'photos', 'key_event', 'pinned', 'published_at'];
const REMEMBERED = 5; // versions of one text that were sent and never acknowledged

/** The editor was asked, and goes back to the text instead: it is not sent. */
export class Returned extends Error {
  /** @param {object} [theirs] what stands now, to be merged by hand */
  constructor(theirs = null) {
    super(word('backInComposer'));
    this.theirs = theirs;
  }
}

/** Whether there is nothing to be read in it. @param {object} fields */
export const isEmpty = ({ headline, body, embed, photos }) => !headline.trim() && !body && !embed && !photos.length;

/** A text without what an editor or the server's sanitiser may write otherwise. */
function plainBody(html) {
  const { body } = new DOMParser().parseFromString(html ?? '', 'text/html');
  for (const node of body.querySelectorAll('*')) {
    for (const { name } of [...node.attributes]) if (name !== 'href') node.removeAttribute(name);
  }
  for (const node of body.querySelectorAll('p:only-child')) if (node.closest('li, blockquote') === node.parentElement) node.replaceWith(...node.childNodes);
  for (const node of body.querySelectorAll('p')) if (!node.textContent && !node.children.length) node.remove();
  return body.innerHTML.replace(/>\s+</g, '><').trim();
}

const comparable = (name, value) => {
  if (name === 'body') return plainBody(value);
  if (name === 'photos') return JSON.stringify(placed(value ?? []));
  if (name === 'published_at') return (value ?? '').slice(0, 19).replace(/^(.{16})$/, '$1:00');
  return JSON.stringify(value ?? '');
};

const same = (name, one, other) => comparable(name, one) === comparable(name, other);

/**
 * What was sent has been answered: whatever was not written on meanwhile becomes as it is there.
 * @param {object} fields as they are now @param {object} before … were when they were sent @param {object} after … are there
 * @returns {boolean} whether something was written on
 */
export function catchUp(fields, before, after) {
  const kept = [...NAMES, 'correction'].filter((name) => !same(name, fields[name], before[name]));
  for (const name of [...NAMES, 'correction']) if (!kept.includes(name)) fields[name] = structuredClone(after[name]);
  return kept.length > 0;
}

/** The names of what was changed since the record began. @param {import('./journal.js').TextRecord} record */
export const changes = ({ fields, base }) => NAMES.filter((name) => !base || !same(name, fields[name], base[name]));

const sendable = (fields, name) => (name === 'photos' ? placed(fields.photos) : fields[name]);

/** What is sent: all of a new one, of another what was changed. */
function payload({ update, fields, base, expected }, wish) {
  const names = update ? changes({ fields, base }) : NAMES.filter((name) => config.may.publish || !['pinned', 'published_at'].includes(name));
  const body = Object.fromEntries(names.map((name) => [name, sendable(fields, name)]));
  if (update) Object.assign(body, { expected });
  if (update && fields.correction && fields.correction !== base.correction) body.correction = fields.correction;
  return { ...body, do: wish };
}

/** All of it, for a preview. @param {import('./journal.js').TextRecord} record */
export const whole = ({ update, fields }) => ({
  ...Object.fromEntries(NAMES.map((name) => [name, sendable(fields, name)])),
  correction: fields.correction,
  ...(update && { update }),
});

/** A name for this very text: sent again it is the same save, changed it is another. */
function stamp(record, body) {
  const { expected: _, ...words } = body;
  const text = JSON.stringify(words);
  if (record.sent?.text !== text) {
    if (record.sent) record.earlier = [...record.earlier, record.sent.fields].slice(-REMEMBERED);
    record.sent = { text, token: record.update ? uuid() : record.token, fields: structuredClone(record.fields) };
  }
  store(record);
  return { ...body, token: record.sent.token };
}

/**
 * Send a record until the server has it. Meanwhile its fields must not change.
 * @param {import('./journal.js').TextRecord} record
 * @param {string} wish publish, submit, draft or save
 * @param {(problem: import('./api.js').Problem) => void} tell told of what passes
 * @param {AbortSignal} [signal]
 * @returns {Promise<object>} the server's answer
 * @throws {import('./api.js').Problem} when it is refused @throws {Returned} when the editor wants to go on writing
 */
export async function deliver(record, wish, tell, signal) {
  let more = {};
  for (;;) {
    const isPublished = record.update && record.state === 'published';
    const does = isPublished || (wish === 'draft' && record.update) ? 'save' : wish;
    const body = stamp(record, { ...payload(record, does), ...more });
    try {
      return await persist(() => send(record.update ? `updates/${record.update}/` : 'updates/', body), tell, signal);
    } catch (problem) {
      if (problem.code === 'correction') more = await correction(record);
      else if (problem.status === 409 && problem.data.current) await settle(record, problem.data);
      else throw problem;
    }
  }
}

async function correction(record) {
  const answer = await ask('correction', (form) => {
    const field = form.elements.correction;
    field.value = record.fields.correction;
    find('[value=note]', form).addEventListener('click', (event) => {
      field.required = true;
      if (!field.reportValidity()) event.preventDefault();
      field.required = false;
    });
  });
  if (!answer) throw new Returned();
  if (answer.button === 'minor') return { confirmed: true };
  record.fields.correction = answer.data.get('correction').trim();
  return { correction: record.fields.correction };
}

/**
 * Somebody else was first: what concerns other fields goes together by itself, what stands as it was sent from here
 * is one's own; else the editor chooses.
 */
async function settle(record, { current, differences = [] }) {
  const known = [record.base, record.fields, ...record.earlier, record.sent?.fields].filter(Boolean);
  const mine = changes(record);
  const clash = mine.filter((name) => !known.some((fields) => same(name, current[name], fields[name])));
  const choice = clash.length ? await chosen(record, current, differences) : 'mine';
  for (const name of NAMES) if (choice === 'theirs' || !mine.includes(name)) record.fields[name] = structuredClone(current[name]);
  Object.assign(record, { update: current.id, expected: current.revision, base: current, state: current.state });
  store(record);
  if (choice === 'merge') throw new Returned(current);
  if (choice === 'theirs') throw new Returned();
}

/** What a composer holds of an update as the server gives it. @param {object} update */
export const fieldsOf = (update) => ({
  ...Object.fromEntries(NAMES.map((name) => [name, update[name]])),
  correction: update.correction ?? '',
});

async function chosen(record, current, differences) {
  const answer = await ask('conflict', (form, dialog) => {
    find('[data-their-text]', form).append(...reading(current));
    find('[data-my-text]', form).append(...reading(record.fields));
    const rest = find('[data-differences]', form);
    for (const { label, html } of differences) {
      const title = Object.assign(document.createElement('h3'), { textContent: label });
      const shown = Object.assign(document.createElement('p'), { className: 'diff', innerHTML: html });
      rest.append(title, shown);
    }
    dialog.addEventListener('cancel', (event) => event.preventDefault()); // a choice must be made; to merge keeps both
  });
  return answer?.button ?? 'merge';
}

/** A text as it is read. @param {object} fields @returns {Node[]} */
export function reading({ headline, body, embed, photos = [], published_at: time }) {
  const parsed = new DOMParser().parseFromString(body ?? '', 'text/html').body;
  const title = Object.assign(document.createElement('h4'), { textContent: headline ?? '' });
  const rest = [embed, ...photos.map(({ caption, default_caption: usual }) => `▣ ${caption || usual || word('photo')}`), isLater(time) ? word('scheduledFor', time.replace('T', ' ')) : ''];
  const lines = rest.filter(Boolean).map((textContent) => Object.assign(document.createElement('p'), { className: 'quiet', textContent }));
  return [title, ...parsed.childNodes, ...lines];
}

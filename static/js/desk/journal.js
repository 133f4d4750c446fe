/**
 * What has been written and not yet been acknowledged, kept in this browser: it survives the page, the tab, the
 * browser. A record belongs to the tab that holds its lock; whose tab is gone, the next page takes over.
 */

import { config, uuid } from './base.js';

const PREFIX = `desk:${config.user}:${config.coverage}:`;

/**
 * @typedef {object} TextRecord
 * @property {string} token makes the post exactly one, however often it is sent
 * @property {number | null} update the one that it changes; null: a new one
 * @property {number | null} expected the revision that it began from
 * @property {string} state of the update
 * @property {object} fields as they are now
 * @property {object | null} base as the server had them
 * @property {{text: string, token: string} | null} sent the last that was sent
 * @property {object[]} earlier what was sent and never acknowledged
 * @property {string | null} wish what is being done with it: publish, submit
 * @property {number} at when it was last written, in milliseconds
 */

/** @returns {TextRecord} */
export const blank = () => ({
  token: uuid(),
  update: null,
  expected: null,
  state: '',
  fields: { headline: '', body: '', embed: '', authors: config.mine, photos: [], key_event: false, pinned: false, published_at: '', correction: '' },
  base: null,
  sent: null,
  earlier: [],
  wish: null,
  at: 0,
});

/** @param {TextRecord} record @returns {boolean} false: the browser's storage is full or forbidden */
export function store(record) {
  record.at = Date.now();
  try {
    localStorage.setItem(PREFIX + record.token, JSON.stringify(record));
    return true;
  } catch {
    return false;
  }
}

/** It has been acknowledged, or thrown away. @param {TextRecord} record */
export function forget(record) {
  try {
    localStorage.removeItem(PREFIX + record.token);
  } catch {
    // forbidden: then there was nothing to forget
  }
}

/** Hold a record for as long as this page lives. @param {string} token @returns {Promise<boolean>} false: another tab does */
export function claim(token) {
  if (!navigator.locks) return Promise.resolve(true); // no TLS: two tabs may show it, and the token keeps it one post
  return new Promise((resolve) => {
    navigator.locks.request(PREFIX + token, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock && new Promise(() => {});
    });
  });
}

const parsed = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
};

/** What no open tab holds, oldest first; from now on this one does. @returns {Promise<TextRecord[]>} */
export async function strays() {
  let names = [];
  try {
    names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
  const found = names.map(parsed).filter((record) => record?.fields);
  const held = await Promise.all(found.map((record) => claim(record.token)));
  return found.filter((_, index) => held[index]).toSorted((one, other) => one.at - other.at);
}

/** What else is kept under a name of its own: null forgets it. @param {string} name @param {any} [value] */
export function note(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else if (value !== undefined) localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // no storage: it is not kept
  }
  return parsed(PREFIX + name);
}

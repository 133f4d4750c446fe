/** What all of the desk knows: its settings, its templates, its clock, and one voice for screen readers. */

export const config = JSON.parse(document.getElementById('desk-config').textContent);
export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** @param {string} selector @param {ParentNode} [root] @returns {HTMLElement | null} */
export const find = (selector, root = document) => root.querySelector(selector);

/** @param {string} selector @param {ParentNode} [root] @returns {HTMLElement[]} */
export const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];

/** The first element of a `<template>`, anew. @param {string} id @returns {HTMLElement} */
export const copyOf = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

/**
 * An element made by script; data-made keeps it when the server's HTML comes in around it.
 * @param {string} tag
 * @param {object} [properties]
 * @param {(Node | string)[]} [children]
 */
export function element(tag, properties = {}, children = []) {
  const made = Object.assign(document.createElement(tag), properties);
  made.dataset.made = '';
  made.append(...children);
  return made;
}

/** Random; also on an address without TLS, where crypto.randomUUID is missing. @returns {string} */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** This page among all that are open. */
export const tab = uuid();

const announcer = find('[data-announcer]');

/** Say it to a screen reader; the same words again are said again. @param {string} text */
export function announce(text) {
  announcer.textContent = announcer.textContent === text ? `${text}\u00a0` : text;
}

const storyClock = (options) => new Intl.DateTimeFormat('sv-SE', { timeZone: config.zone, ...options });

/** "2022-02-27T09:13:05" as clocks of the story's zone show it now; comparable as text with a datetime-local. */
export const nowInStory = () => storyClock({ dateStyle: 'short', timeStyle: 'medium' }).format(new Date()).replace(' ', 'T');

/** "14:02" of this computer's clock, for what happens at this computer. */
export const clock = () => new Date().toTimeString().slice(0, 5);

/** "12,480", as the page's language writes it. @param {number} number */
export const counted = (number) => number.toLocaleString(document.documentElement.lang);

/**
 * A sentence of articles/admin/desk/words.py, in the editor's language.
 * @param {string} name
 * @param {...(string | number)} values for its %s, in their order
 */
export const word = (name, ...values) => values.reduce((text, value) => text.replace('%s', () => value), config.words[name]);

const plurals = new Intl.PluralRules(document.documentElement.lang);

/**
 * The form of a sentence for a number, as Intl.PluralRules calls it.
 * @param {string} name
 * @param {number} number
 * @param {...string} values for its %s; the number itself, where none is given
 */
export const plural = (name, number, ...values) =>
  word(`${name}.${plurals.select(number)}`, ...(values.length ? values : [counted(number)]));

/** "0.2 s". @param {number} milliseconds */
export const seconds = (milliseconds) =>
  word('seconds', (milliseconds / 1000).toLocaleString(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 }));

export const isLater = (time) => Boolean(time) && time > nowInStory();

/** Keys as they are called here: "⌘↵", "Ctrl ↵". @param {ParentNode} root */
export function nameKeys(root) {
  for (const key of findAll('[data-key]', root)) key.textContent = isMac ? `⌘${key.dataset.key}` : `Ctrl ${key.dataset.key}`;
}

/** Whether the key that this system uses for commands is held. @param {KeyboardEvent} event */
export const isCommand = (event) => (isMac ? event.metaKey : event.ctrlKey) && !event.altKey;

/** As high as its text. @param {HTMLTextAreaElement} area */
export function fit(area) {
  if (CSS.supports('field-sizing: content')) return;
  area.style.blockSize = 'auto';
  area.style.blockSize = `${area.scrollHeight + 2}px`;
}

/** What is given with the page: its words, its language, the browser's memory; and other pages, to take parts from. */

import { focus } from './dom.js';

const given = document.getElementById('words')?.dataset ?? {};
export const language = document.documentElement.lang || 'en';
const plurals = new Intl.PluralRules(language);

/**
 * A translated word of `<template id="words">`, its `%s` replaced; "" where the page does not give it.
 * @param {string} name as in the dataset: `yourTime` for data-your-time
 * @param {string} [value]
 */
export const word = (name, value) => (given[name] ?? '').replace('%s', value);

/**
 * The form of `name` for a number: data-<name>-one, -few, -many … as Intl.PluralRules calls them.
 * @param {string} name
 * @param {number} number
 */
export function counted(name, number) {
  const category = plurals.select(number);
  const form = given[name + category[0].toUpperCase() + category.slice(1)] ?? given[`${name}Many`] ?? '%s';
  return form.replace('%s', number.toLocaleString(language));
}

/**
 * An element made by script; data-made keeps it out of comparisons with the server's HTML.
 * @param {string} tag
 * @param {object} [properties]
 */
export function make(tag, properties) {
  const element = Object.assign(document.createElement(tag), properties);
  element.dataset.made = '';
  return element;
}

/**
 * Put a note in the place of an update, and the focus too if it was in there.
 * @param {HTMLElement} update
 * @param {string} why a word
 */
export function noteFor(update, why) {
  const isFocused = update.contains(document.activeElement);
  const note = make('p', { textContent: word(why) });
  Object.assign(note.dataset, update.dataset);
  update.replaceWith(note);
  if (isFocused) focus(note);
}

/**
 * What the browser's storage holds under `name`, after `value` was put there if given. It may be forbidden: null.
 * @param {'localStorage' | 'sessionStorage'} storage
 * @param {string} name
 * @param {string} [value]
 * @returns {string | null}
 */
export function memory(storage, name, value) {
  try {
    if (value) window[storage].setItem(name, value);
    return window[storage].getItem(name);
  } catch {
    return null;
  }
}

/** @param {number} milliseconds at most; a random time, so that not all readers ask at once */
export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, Math.random() * milliseconds));

/** Resolves in a task of its own once the page has been drawn; where nothing is drawn, in half a second. */
export const drawn = () =>
  new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, 500);
  });

/**
 * Another page, or this one as it is now.
 * @param {string} address
 * @returns {Promise<{status: number, url: string, page: Document}>} rejects on other than 200, 404, 410, and without an answer
 */
export async function fetchPage(address) {
  const response = await fetch(address, { cache: 'no-cache', signal: AbortSignal.timeout(20_000) });
  const { status, url } = response;
  if (![200, 404, 410].includes(status)) throw new Error(status);
  return { status, url, page: new DOMParser().parseFromString(await response.text(), 'text/html') };
}

/**
 * Show what the server says of what is gone, in place of this page.
 * @param {string} address
 * @returns {Promise<boolean>} false where it is still there
 */
export async function showGone(address) {
  for (let tried = 0; tried < 8; tried++) {
    const { status, page } = await fetchPage(address);
    if (status === 200) await sleep(500); // a cache may still have it
    else {
      document.title = page.title;
      document.body.replaceChildren(...page.body.childNodes);
      return true;
    }
  }
  return false;
}

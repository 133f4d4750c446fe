/** Native dialogs, made from `<template data-dialog="…">`. */

import { find, findAll, nameKeys } from './base.js';

/**
 * Ask, and wait for the answer.
 * @param {string | HTMLTemplateElement} name of a template, or one
 * @param {(form: HTMLFormElement, dialog: HTMLDialogElement) => void} [prepare] fill it in
 * @returns {Promise<{button: string, data: FormData, form: HTMLFormElement} | null>} null: cancelled
 */
export function ask(name, prepare) {
  const template = typeof name === 'string' ? find(`template[data-dialog="${name}"]`) : name;
  const form = document.createElement('form');
  form.method = 'dialog';
  form.append(template.content.cloneNode(true));
  const dialog = document.createElement('dialog');
  dialog.className = `dialog dialog-${template.dataset.dialog}`;
  const heading = find('h2', form);
  heading.id = `dialog-${template.dataset.dialog}-title`;
  dialog.setAttribute('aria-labelledby', heading.id);
  dialog.append(form);
  document.body.append(dialog);
  nameKeys(form);
  prepare?.(form, dialog);
  return new Promise((resolve) => {
    const from = document.activeElement;
    dialog.addEventListener('close', () => {
      dialog.remove();
      if (from?.isConnected) from.focus({ preventScroll: true });
      const button = dialog.returnValue;
      resolve(button ? { button, data: new FormData(form), form } : null);
    });
    enterMeansMain(form);
    dialog.showModal();
    find('input:not([type=radio], [type=checkbox], [type=file]), textarea', form)?.focus();
  });
}

/** Enter in a field does what the last button does; the first one in the form, which the browser would press, cancels. */
function enterMeansMain(form) {
  const main = findAll('.dialog-buttons button', form).at(-1);
  form.addEventListener('keydown', (event) => {
    const isField = event.target.matches('input:not([type=file])');
    const isSent = event.key === 'Enter' && (isField || event.ctrlKey || event.metaKey) && !event.isComposing;
    if (!isSent) return;
    event.preventDefault();
    event.stopPropagation();
    form.requestSubmit(main);
  });
}

/** @param {string} title what it is about */
export const about = (title) => (form) => {
  find('[data-title]', form).textContent = title;
};

/** The rich text of a composer: django-prose-editor's, set up as the server's form says, with a toolbar of the desk's own. */

import * as prose from 'django-prose-editor/editor';
import { copyOf, find, findAll } from './base.js';
import { ask } from './dialogs.js';

const MARKER = 'data-django-prose-editor-configurable';
const ADDRESS = /^https?:\/\/\S+$/i;

/** Markdown that Tiptap's own extensions do not know: one or two # are a heading too, and [words](address) a link. */
const Typing = prose.Extension.create({
  name: 'typing',
  addInputRules() {
    const { heading } = this.editor.schema.nodes;
    return [
      prose.textblockTypeInputRule({ find: /^#{1,2}\s$/, type: heading, getAttributes: { level: 3 } }),
      new prose.InputRule({
        find: /\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)$/,
        handler: ({ range, match, commands }) => {
          const marks = [{ type: 'link', attrs: { href: match[2] } }];
          commands.insertContentAt(range, { type: 'text', text: match[1], marks });
        },
      }),
    ];
  },
});

const given = {};

async function extensionsOf(area) {
  const { extensions, js_modules: modules = [] } = JSON.parse(area.getAttribute(MARKER));
  for (const address of modules) given[address] ??= await import(address);
  const known = Object.assign({}, prose, ...modules.map((address) => given[address]));
  const chosen = Object.entries(extensions).filter(([name]) => name !== 'Menu' && known[name]);
  return [...chosen.map(([name, options]) => (typeof options === 'object' ? known[name].configure(options) : known[name])), Typing];
}

/**
 * @typedef {object} Listener
 * @property {() => void} changed
 * @property {(files: File[]) => void} files pasted or dropped
 * @property {(address: string) => boolean} address pasted on its own; true: taken
 */

export class Text {
  #editor;

  /** @param {HTMLElement} host @param {string} html @param {Listener} listener */
  static async make(host, html, listener) {
    const area = copyOf('body-template');
    area.removeAttribute('id');
    area.removeAttribute('name');
    area.value = html;
    host.append(area);
    const text = new Text();
    text.#editor = prose.createTextareaEditor(area, await extensionsOf(area));
    text.#editor.setOptions({ editorProps: props(host.dataset.label, listener, () => text.#isAlone) });
    text.#editor.on('update', listener.changed);
    return text;
  }

  /** Whether the cursor is in a paragraph with nothing in it. */
  get #isAlone() {
    const { empty, $from } = this.#editor.state.selection;
    return empty && !$from.parent.content.size;
  }

  /** @returns {string} "" where there is nothing */
  get html() {
    return this.#editor.isEmpty ? '' : this.#editor.getHTML();
  }

  set html(html) {
    this.#editor.commands.setContent(html, { emitUpdate: false });
  }

  focus() {
    this.#editor.commands.focus('end');
  }

  get hasFocus() {
    return this.#editor.isFocused;
  }

  destroy() {
    this.#editor.destroy();
  }

  /** Wire the buttons of a toolbar. @param {HTMLElement} tools */
  use(tools) {
    const editor = this.#editor;
    const buttons = findAll('[data-tool]', tools);
    tools.addEventListener('mousedown', (event) => event.preventDefault()); // the text keeps the cursor
    tools.addEventListener('click', (event) => this.#press(event.target.closest('[data-tool]')?.dataset.tool));
    editor.on('transaction', () => {
      for (const button of buttons) {
        if (button.ariaPressed !== null) button.ariaPressed = String(editor.isActive(button.dataset.tool));
      }
    });
    asToolbar(tools, buttons);
  }

  #press(tool) {
    const chain = () => this.#editor.chain().focus();
    const commands = {
      bold: () => chain().toggleBold().run(),
      italic: () => chain().toggleItalic().run(),
      heading: () => chain().toggleHeading({ level: 3 }).run(),
      bulletList: () => chain().toggleBulletList().run(),
      orderedList: () => chain().toggleOrderedList().run(),
      blockquote: () => chain().toggleBlockquote().run(),
      undo: () => chain().undo().run(),
      link: () => this.link(),
    };
    commands[tool]?.();
  }

  /** Ask for the address of the chosen words; where none are chosen the address itself stands there. */
  async link() {
    const editor = this.#editor;
    const standing = editor.getAttributes('link').href ?? '';
    const answer = await ask('link', (form) => {
      form.elements.href.value = standing;
      find('[value=remove]', form).hidden = !standing;
    });
    if (!answer) return;
    const chain = editor.chain().focus();
    const href = answer.data.get('href').trim();
    if (standing) chain.extendMarkRange('link');
    if (answer.button === 'remove' || !href) chain.unsetLink().run();
    else if (editor.state.selection.empty && !standing) {
      chain.insertContent({ type: 'text', text: href, marks: [{ type: 'link', attrs: { href: withScheme(href) } }] }).run();
    } else chain.setLink({ href: withScheme(href) }).run();
  }
}

const withScheme = (address) => (/^(https?:|mailto:)/i.test(address) ? address : `https://${address}`);

const images = (transfer) => [...(transfer?.files ?? [])];

function props(label, { files, address }, isAlone) {
  return {
    attributes: { 'aria-label': label, role: 'textbox', 'aria-multiline': 'true' },
    handlePaste(_view, { clipboardData }) {
      const pasted = images(clipboardData);
      // Word and spreadsheets put a picture of the words beside the words.
      if (pasted.length && !clipboardData.getData('text/html').trim()) return files(pasted) ?? true;
      const words = clipboardData.getData('text/plain').trim();
      return ADDRESS.test(words) && isAlone() && address(words);
    },
    handleDrop(_view, event) {
      return images(event.dataTransfer).length > 0; // the composer takes them
    },
    handleKeyDown(view, event) {
      if (event.key === 'Escape') view.dom.blur();
      return event.key === 'Enter' && (event.ctrlKey || event.metaKey); // the composer's; Tiptap would break the line
    },
  };
}

/** Arrow keys between the buttons, one stop for Tab (ARIA Authoring Practices: toolbar). */
function asToolbar(tools, buttons) {
  for (const [index, button] of buttons.entries()) button.tabIndex = index ? -1 : 0;
  tools.addEventListener('keydown', (event) => {
    const at = buttons.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (at < 0 || !step) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.tabIndex = 0;
    next.focus();
  });
}

/** A picture may be dropped on the part of the form that asks for it; on a page that asks for one, it may be pasted. */

const inputs = [...document.querySelectorAll('input[type="file"][accept^="image/"]')];

/** @param {HTMLInputElement} input @param {DataTransfer} from what was dropped or pasted */
function take(input, from) {
  const picture = [...from.files].find(({ type, name }) => type.startsWith('image/') || /\.hei[cf]$/i.test(name));
  if (!picture) return false;
  const one = new DataTransfer();
  one.items.add(picture);
  input.files = one.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
  return true;
}

/** The input that the place belongs to: the row's own, or the only one. */
function inputAt({ target }) {
  const within = target.closest?.('.inline-related')?.querySelector('input[type="file"][accept^="image/"]');
  return within ?? (inputs.length === 1 ? inputs[0] : null);
}

document.addEventListener('dragover', (event) => {
  if (event.dataTransfer.types.includes('Files') && inputAt(event)) event.preventDefault();
});
document.addEventListener('drop', (event) => {
  const input = inputAt(event);
  if (input && take(input, event.dataTransfer)) event.preventDefault();
});
document.addEventListener('paste', (event) => {
  if (inputs.length === 1 && take(inputs[0], event.clipboardData)) event.preventDefault();
});

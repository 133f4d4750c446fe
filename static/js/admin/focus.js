/** A click on a photo says where the eye goes: it fills in the two numbers, and shows the place. */

const photo = document.querySelector('img.thumbnail.large');
const [across, down] = ['x', 'y'].map((name) => document.querySelector(`[data-focus="${name}"]`));

if (photo && across && down) {
  const frame = document.createElement('span');
  const mark = document.createElement('span');
  frame.className = 'focus-frame';
  mark.className = 'focus-mark';
  photo.replaceWith(frame);
  frame.append(photo, mark);
  const show = () => {
    mark.style.insetInlineStart = `${across.value}%`;
    mark.style.insetBlockStart = `${down.value}%`;
  };
  photo.addEventListener('click', ({ offsetX, offsetY }) => {
    across.value = Math.round((offsetX / photo.clientWidth) * 100);
    down.value = Math.round((offsetY / photo.clientHeight) * 100);
    show();
  });
  for (const input of [across, down]) input.addEventListener('input', show);
  show();
}

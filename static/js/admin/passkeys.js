/** Says on the page that a passkey was not used: allauth's script only tells the console. */

document.addEventListener('allauth.error', (event) => {
  event.preventDefault();
  const trouble = document.querySelector('[data-passkey-trouble]');
  document.querySelector('#content')?.prepend(trouble);
  trouble.textContent = '';
  trouble.hidden = false;
  trouble.textContent = trouble.dataset.refused;
});

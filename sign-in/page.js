// Shows what is entered, where the user wants to see it. Without this, the page has no button for it.
const secret = document.getElementById('password');
const reveal = document.getElementById('reveal');

const show = (isShown) => {
  secret.type = isShown ? 'text' : 'password';
  reveal.textContent = isShown ? reveal.dataset.hide : reveal.dataset.show;
};

if (secret && reveal) {
  reveal.hidden = false;
  reveal.addEventListener('click', () => show(secret.type === 'password'));
  // What is sent as a text, browsers remember as one.
  secret.form.addEventListener('submit', () => show(false));
}

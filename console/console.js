// Keeps the list of calls live, and shows one of them beside the list.

const { htmx } = window;

/** Where it says whether the list is live. */
const live = document.getElementById('live');

function say(text) {
  if (live && live.textContent !== text) live.textContent = text;
}

/** The stream of the list that is shown; a list with another filter has another one. */
let stream;

function follow() {
  const list = document.getElementById('list');
  if (!list || stream?.list === list) return;
  stream?.source.close();
  const source = new EventSource(list.dataset.stream);
  stream = { list, source };
  const rows = list.querySelector('tbody');
  const most = Number(list.dataset.most);
  source.addEventListener('open', () => say('Live. Times are in UTC.'));
  source.addEventListener('error', () =>
    say(source.readyState === EventSource.CLOSED ? 'Not live: load the page again.' : 'Not live: connecting again …'),
  );
  source.addEventListener('call', ({ data }) => {
    rows.insertAdjacentHTML('afterbegin', JSON.parse(data));
    rows.firstElementChild.classList.add('new');
    htmx.process(rows.firstElementChild);
    while (rows.children.length > most) rows.lastElementChild.remove();
    rows.children[10]?.classList.remove('new');
  });
}

/** What became of a request of the page that changed nothing in it. */
const problem = document.getElementById('problem');

document.addEventListener('htmx:beforeRequest', () => problem.replaceChildren());
document.addEventListener('htmx:responseError', ({ detail: { xhr } }) => {
  const answer = new DOMParser().parseFromString(xhr.responseText, 'text/html').querySelector('main p');
  problem.textContent = `This did not work (${xhr.status}). ${answer?.textContent ?? ''}`;
});
document.addEventListener('htmx:sendError', () => {
  problem.textContent = 'The bridge does not answer.';
});

const opened = document.getElementById('opened');

document.addEventListener('htmx:afterSettle', ({ detail }) => {
  follow();
  if (detail.target === opened && !opened.open) {
    opened.showModal();
    opened.scrollTop = 0;
  }
});

opened?.addEventListener('click', (event) => {
  // On the backdrop, or on the way back.
  if (event.target !== opened && !event.target.closest('.back')) return;
  event.preventDefault();
  opened.close();
});
opened?.addEventListener('close', () => opened.replaceChildren());

follow();

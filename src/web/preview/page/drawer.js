// A searchable drawer with the bench and what was left out, each with its reason; and stories added by address or by hand.
import { $, button, keepFocus, make } from './dom.js';
import { change, desk, onDraft } from './draft.js';
import { onCandidates, readCandidates, candidates } from './candidates.js';

// The most rows shown at once.
const MOST = 60;

const search = make('input', { type: 'search', id: 'candidates-search', autocomplete: 'off' });
const count = make('p', { class: 'quiet', role: 'status' });
const list = make('ul', { id: 'candidates-list' });
const summary = make('summary', {}, 'Bench and left out');
const drawer = make('details', { id: 'candidates-drawer' }, summary,
  make('div', { class: 'field' }, make('label', { for: 'candidates-search' }, 'Search'), search), count, list);
$('candidates').append(drawer, adding());

drawer.addEventListener('toggle', () => { if (drawer.open) readCandidates(); });
search.addEventListener('input', draw);
onDraft(draw);
onCandidates(draw);

function rows() {
  const bench = (desk.draft.bench || []).map(entry => ({ ...entry, reason: entry.why, bench: true }));
  const held = new Set([...desk.draft.news, ...desk.draft.bench].flatMap(entry => [entry.id, ...entry.also.map(other => other.id)]));
  return [...bench, ...candidates.left_out.filter(item => !held.has(item.id))];
}

function draw() {
  if (!desk.draft || desk.draft.broken) return;
  const all = rows();
  const bench = desk.draft.bench.length;
  const fresh = all.filter(row => row.new).length;
  summary.textContent = `Bench (${bench}) and left out` + (candidates.guides.length || candidates.left_out.length ? ` (${all.length - bench})` : '') + (fresh ? `, ${fresh} new since the last compose` : '');
  if (!drawer.open) return;
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter(row => words.every(word => `${row.title} ${row.source} ${row.reason} ${row.new ? 'new' : ''}`.toLowerCase().includes(word)));
  const key = JSON.stringify(found.slice(0, MOST));
  count.textContent = found.length > MOST ? `${found.length} stories; the first ${MOST} are shown, search for others` : found.length === 1 ? '1 story' : `${found.length} stories`;
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  keepFocus(list, () => list.replaceChildren(...found.slice(0, MOST).map(row)), search);
}

function row(item) {
  const label = item.bench ? 'Put in the issue' : 'Add';
  const add = item.bench
    ? () => change(() => ({ op: 'move', entry: item.id, place: desk.draft.news.length + 1 }))
    : () => change({ op: 'add', what: item.id, place: null });
  const marks = [item.source, item.score === null ? '' : 'score ' + item.score, item.bench ? 'bench' : ''].filter(Boolean).join(' · ');
  return make('li', {},
    make('div', {}, make('p', {}, item.new ? make('span', { class: 'new' }, 'new ') : null, item.title), make('p', { class: 'quiet' }, marks), make('p', { class: 'quiet' }, item.reason)),
    button(label, add, { 'aria-label': label + ': ' + item.title }));
}

// -- by address, and by hand

function adding() {
  const box = (id, label, more) => [make('label', { for: id }, label), make(more && more.rows ? 'textarea' : 'input', { id, autocomplete: 'off', ...more })];
  const url = make('form', { class: 'field' }, ...box('add-url', 'A web address: title, source, date and summary are read from the page', { inputmode: 'url', placeholder: 'the page’s address' }), make('button', {}, 'Add'));
  url.addEventListener('submit', async event => {
    event.preventDefault();
    const input = $('add-url');
    if (!input.value.trim()) return input.focus();
    $('told').textContent = 'Reading the page…';
    const told = await change({ op: 'add', what: input.value.trim(), place: null });
    if (told.ok) input.value = '';
  });
  const hand = make('form', { class: 'field' }, ...box('add-title', 'Title'), ...box('add-link', 'Link'), ...box('add-source', 'Source'), ...box('add-summary', 'Summary', { rows: 3 }), make('button', {}, 'Add the story'));
  hand.addEventListener('submit', async event => {
    event.preventDefault();
    const words = ['title', 'link', 'source', 'summary'].map(name => $('add-' + name));
    const [title, link, source, text] = words.map(input => input.value);
    const told = await change({ op: 'write', title, url: link, source, summary: text, place: null });
    if (told.ok) for (const input of words) input.value = '';
  });
  return make('details', { id: 'adding' }, make('summary', {}, 'Add a story'), url, make('h3', {}, 'In your own words'), hand);
}

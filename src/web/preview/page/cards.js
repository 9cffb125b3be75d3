// The guide cards: which are shown, and which could be.
import { $, button, keepFocus, keyed, make } from './dom.js';
import { change, desk, onDraft } from './draft.js';
import { onCandidates, candidates } from './candidates.js';

const list = make('ul', { class: 'cards' });
const select = make('select', { id: 'card-select' });
const add = button('Add', () => {
  if (select.value) change({ op: 'card', slug: select.value, shown: true });
  else select.focus();
});
$('cards').append(list, make('div', { class: 'field inline' }, make('label', { for: 'card-select' }, 'Show another guide'), select, add));

onDraft(draw);
onCandidates(draw);

function draw() {
  const { draft } = desk;
  if (!draft || draft.broken) return;
  keepFocus(list, () => keyed(list, draft.guides, card => card.slug, create, () => {}), select);
  const shown = new Set(draft.guides.map(card => card.slug));
  const spare = draft.guides_bench.filter(card => !shown.has(card.slug));
  const rest = candidates.guides.filter(guide => !shown.has(guide.slug) && !spare.some(card => card.slug === guide.slug));
  const option = guide => make('option', { value: guide.slug }, guide.title);
  const key = JSON.stringify([spare, rest]);
  if (select.dataset.shown === key) return;
  select.dataset.shown = key;
  select.replaceChildren(make('option', { value: '' }, 'Choose…'),
    ...(spare.length ? [make('optgroup', { label: 'Next best' }, ...spare.map(option))] : []),
    ...(rest.length ? [make('optgroup', { label: 'All others' }, ...rest.map(option))] : []));
}

function create(card) {
  return make('li', {},
    make('div', {}, make('p', {}, card.title), make('p', { class: 'quiet' }, [card.level, card.why].filter(Boolean).join(' · '))),
    button('Remove', () => change({ op: 'card', slug: card.slug, shown: false }), { 'aria-label': 'Remove the card ' + card.title }));
}

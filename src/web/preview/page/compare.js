// The changes since compose's proposal or since the approval, as a reader sees them.
import { $, make } from './dom.js';
import { desk, onDraft, read } from './draft.js';

const select = make('select', { id: 'compare-with' }, make('option', { value: 'proposed' }, 'what compose proposed'), make('option', { value: 'approved' }, 'what was approved'));
const list = make('ul', { id: 'changes', 'aria-live': 'polite' });
const drawer = make('details', {}, make('summary', {}, 'Compare'), make('div', { class: 'field inline' }, make('label', { for: 'compare-with' }, 'With'), select), list);
$('compare').append(drawer);
drawer.addEventListener('toggle', draw);
select.addEventListener('change', draw);
onDraft(draw);

async function draw() {
  if (!drawer.open || !desk.draft || desk.draft.broken) return;
  const told = await read('compare', { with: select.value });
  if (!told.ok) return void list.replaceChildren(make('li', {}, (told.troubles[0] || {}).message || ''));
  const { changes } = told.value;
  list.replaceChildren(...(changes.length ? changes.map(row) : [make('li', {}, 'Nothing.')]));
}

const words = parts => parts.map(([kind, text]) => (kind === 'same' ? text : make(kind === 'new' ? 'ins' : 'del', {}, text)));

function row(change) {
  const own = change.parts ? [make('p', {}, ...words(change.parts))] : [];
  const fields = (change.fields || []).map(field => make('p', {}, make('span', { class: 'quiet' }, field.what + ': '), ...words(field.parts)));
  return make('li', {}, make('p', {}, make('b', {}, change.what), change.did ? make('span', { class: 'quiet' }, '  ' + change.did) : null), ...own, ...fields);
}

// The stories in their order. One Tab stop for the list: arrow keys choose a story, Alt and arrow keys move it, Enter opens it.
import { $, button, keepFocus, keyed, make } from './dom.js';
import { change, desk, onDraft } from './draft.js';
import { ask, page } from './state.js';
import { field, group, PICTURE } from './field.js';
import { findings, guideSelect } from './guide.js';
import { draggable, moveButtons, shift } from './order.js';
import { showFindings } from './mends.js';

const list = $('news');
let current = null;

onDraft(draft => {
  if (draft.broken) return;
  if (!draft.news.some(entry => entry.id === current)) current = draft.news.length ? draft.news[0].id : null;
  keepFocus(list, () => keyed(list, draft.news, entry => entry.id, create, update));
  drawFound();
});

function create(entry) {
  const { id } = entry;
  const open = make('button', { type: 'button', class: 'open', 'aria-expanded': 'false', 'aria-describedby': 'keys', onclick: () => toggle(element) });
  const handle = make('span', { class: 'handle', 'aria-hidden': 'true', title: 'Drag' }, '⠿');
  const place = make('span', { class: 'place' });
  const meta = make('span', { class: 'meta quiet' });
  const quick = make('span', { class: 'quick' });
  const found = make('ul', { class: 'findings', 'aria-label': 'Findings about this story' });
  const body = make('div', { class: 'body', hidden: true });
  const element = make('li', { class: 'entry' }, make('div', { class: 'entry-head' }, handle, place, make('div', { class: 'words' }, open, meta), quick), found, body);
  Object.assign(element, { open, place, meta, quick, found, body, fields: null, entry });
  open.addEventListener('focus', () => choose(id));
  open.addEventListener('keydown', event => keys(event, id));
  draggable(list, element, handle, id);
  return element;
}

function update(element, entry, number) {
  element.entry = entry;
  element.place.textContent = number + 1;
  element.open.textContent = entry.title;
  element.open.tabIndex = entry.id === current ? 0 : -1;
  const section = desk.draft.by_topic ? entry.topics.split(',')[0].trim() : '';
  const marks = [section ? 'in “' + section + '”' : '', entry.source, entry.score === null ? '' : 'score ' + entry.score, entry.pinned ? 'pinned' : '', entry.banned ? 'banned: not shown' : '', entry.note ? 'has a note' : ''];
  element.meta.textContent = marks.filter(Boolean).join(' · ');
  element.classList.toggle('banned', entry.banned);
  if (element.quick.dataset.title !== entry.title) {
    element.quick.dataset.title = entry.title;
    element.quick.replaceChildren(...moveButtons(entry.id, entry.title));
  }
  if (element.fields) fill(element, entry);
}

function choose(id) {
  current = id;
  for (const child of list.children) child.open.tabIndex = child.dataset.key === id ? 0 : -1;
}

function keys(event, id) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.altKey && by) {
    event.preventDefault();
    shift(id, by);
    return;
  }
  const all = [...list.children];
  const at = all.findIndex(child => child.dataset.key === id);
  const to = by ? at + by : { Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (all[to]) all[to].open.focus();
}

// -- the fields of a story

function toggle(element, opens = element.body.hidden) {
  element.body.hidden = !opens;
  element.open.setAttribute('aria-expanded', opens);
  if (!opens) return;
  if (!element.fields) build(element);
  const number = page.state.proof ? page.state.proof.blocks.findIndex(block => block.name.startsWith(`news[${element.place.textContent}] `)) : -1;
  if (number >= 0 && getComputedStyle(document.querySelector('.look')).display !== 'none') ask('block', number);
}

function build(element) {
  const { id } = element.entry;
  const own = (name, label, lines, hint) => field({ name, label, entry: id, lines, hint });
  const fields = element.fields = {
    title: own('title', 'Title', 1),
    summary: own('summary', 'Summary', 4),
    note: own('note', 'Your note', 2, 'Shown under the summary. Markdown.'),
    url: own('url', 'Link', 1),
    source: own('source', 'Source'),
    published: own('published', 'Published'),
    topics: own('topics', 'Topics, separated by commas'),
    score: own('score', 'Score'),
    picture: group('picture', id, PICTURE),
    guide: guideSelect(id),
  };
  element.why = make('p', { class: 'quiet why' });
  element.also = make('div', { class: 'also' });
  element.tools = make('div', { class: 'buttons', role: 'group', 'aria-label': 'This story' });
  element.body.append(element.tools, fields.title, fields.summary, fields.note, fields.guide, element.also,
    make('details', {}, make('summary', {}, 'Source, link, topics, picture'), fields.source, fields.url, fields.published, fields.topics, fields.score, fields.picture),
    element.why);
  fill(element, element.entry);
}

function fill(element, entry) {
  const { fields } = element;
  for (const name of ['title', 'summary', 'note', 'url', 'source', 'published', 'topics']) fields[name].update(entry[name]);
  fields.score.update(entry.score === null ? '' : String(entry.score));
  fields.picture.update(entry.picture);
  fields.guide.update(entry);
  element.why.textContent = entry.why ? 'Why it is here: ' + entry.why : '';
  const key = JSON.stringify([entry.also, entry.pinned, entry.banned, desk.draft.news.map(other => [other.id, other.title])]);
  if (element.tools.dataset.shown === key) return;
  element.tools.dataset.shown = key;
  const focused = element.tools.contains(document.activeElement) ? document.activeElement.dataset.tool : null;
  element.tools.replaceChildren(...tools(entry));
  element.also.replaceChildren(...also(entry));
  const again = focused && element.tools.querySelector(`[data-tool="${focused}"]`);
  if (again) again.focus();
}

function tools(entry) {
  const { id } = entry;
  const mark = (name, on, off) => (entry[name]
    ? button(off, () => change({ op: 'set', entry: id, field: name, text: 'no', was: null }), { 'aria-pressed': 'true', 'data-tool': name })
    : button(on, () => change({ op: on === 'Pin' ? 'pin' : 'ban', entry: id }), { 'aria-pressed': 'false', 'data-tool': name }));
  return [
    button('To the bench', () => change({ op: 'bench', entry: id })),
    mark('pinned', 'Pin', 'Unpin'),
    mark('banned', 'Ban', 'Unban'),
    button('Drop', () => change(() => ({ op: 'drop', entry: id, was: stampOf(id) }))),
    mergeSelect(entry),
  ];
}

const stampOf = id => (desk.draft.news.find(entry => entry.id === id) || {}).stamp || null;

function mergeSelect(entry) {
  const others = desk.draft.news.filter(other => other.id !== entry.id);
  const select = make('select', { 'aria-label': 'Merge into another story' }, make('option', { value: '' }, 'Merge into…'),
    ...others.map(other => make('option', { value: other.id }, other.title)));
  const go = button('Merge', () => {
    if (select.value) change(() => ({ op: 'merge', entry: select.value, other: entry.id, was: stampOf(entry.id) }));
    else select.focus();
  });
  return make('span', { class: 'merge' }, select, go);
}

function also(entry) {
  if (!entry.also.length) return [];
  return [make('p', { class: 'quiet' }, 'Also covered by'), make('ul', {}, ...entry.also.map(other => make('li', {},
    make('span', {}, (other.source ? other.source + ': ' : '') + (other.title || other.url || other.id) + ' '),
    other.id ? button('Split off', () => change({ op: 'split', entry: entry.id, id: other.id }), { 'aria-label': 'Split off ' + (other.title || other.source) }) : null)))];
}

// -- findings

// Shows the check's findings beside each story.
export function drawFound() {
  for (const [number, element] of [...list.children].entries()) {
    showFindings(element.found, findings(number + 1).filter(found => !found.waived), element.entry);
  }
}

// Opens the story of a block of the mail, at the field whose words were clicked.
export function openBlock(number, words) {
  const element = list.children[number - 1];
  if (!element) return;
  toggle(element, true);
  choose(element.dataset.key);
  const clicked = words.trim();
  const { entry, fields } = element;
  const name = ['note', 'summary'].find(name => clicked.length > 3 && clicked !== entry.title && entry[name].includes(clicked.slice(0, 60))) || 'title';
  fields[name].box.focus();
  element.scrollIntoView({ block: 'nearest' });
}

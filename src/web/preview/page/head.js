// The issue's own words: the inbox line and how lists cut it, intro, number of the week, picture, and waived findings.
import { $, button, make } from './dom.js';
import { onDraft, read } from './draft.js';
import { page } from './state.js';
import { allFindings } from './findings.js';
import { field, group, PICTURE } from './field.js';
import { showFindings } from './mends.js';
import { inboxRow } from './views.js';

const subject = field({ name: 'subject', label: 'Subject', lines: 1 });
const preheader = field({ name: 'preheader', label: 'Preheader', lines: 1 });
const intro = field({ name: 'intro', label: 'Intro', lines: 3, hint: 'Markdown. The editor’s own words; it may be empty.' });
const number = group('number', null, [['value', 'Number'], ['label', 'What it counts', 1], ['url', 'Link']]);
const picture = group('picture', null, PICTURE);
const reasons = field({ name: 'waive_why', label: 'Why findings are waived' });
const waived = field({ name: 'waive', label: 'Waived codes, separated by commas' });
const findings = make('ul', { class: 'findings', 'aria-label': 'Findings about the issue' });
const rows = make('div', { class: 'rows' });
const suggestions = make('div', { id: 'suggestions' });
const suggest = button('Suggest subjects', toggle, { 'aria-expanded': 'false', 'aria-controls': 'suggestions' });
const waivers = make('details', {}, make('summary', {}, 'Waived findings'), waived, reasons);

$('head').append(subject, preheader, suggest, suggestions, rows, findings, intro,
  make('details', {}, make('summary', {}, 'Number of the week'), number),
  make('details', {}, make('summary', {}, 'Picture of the issue'), picture), waivers);

async function toggle() {
  const opens = suggest.getAttribute('aria-expanded') === 'false';
  suggest.setAttribute('aria-expanded', opens);
  suggestions.replaceChildren();
  if (!opens) return;
  const told = await read('subjects');
  const all = told.ok ? told.value.subjects : [];
  suggestions.replaceChildren(make('ul', {}, ...all.map(line => make('li', {},
    make('p', {}, make('b', {}, line.subject)),
    make('p', { class: 'quiet' }, line.preheader),
    ...line.rows.filter(row => row.subject.lost).map(row => make('p', { class: 'lost' }, row.client + ' cuts it: ' + row.subject.shown)),
    button('Use it', async () => {
      await subject.write(line.subject);
      await preheader.write(line.preheader);
    }, { 'aria-label': 'Use it: ' + line.subject })))));
}

onDraft(draft => {
  if (draft.broken) return;
  subject.update(draft.subject);
  preheader.update(draft.preheader);
  intro.update(draft.intro);
  number.update(draft.number);
  picture.update(draft.picture);
  waived.update(draft.waive.join(', '));
  reasons.update(draft.waive_why);
  waivers.hidden = !draft.waive.length && !draft.waive_why;
});

// How lists show the inbox line, and the check's findings about the issue itself.
export function drawHead() {
  const { proof } = page.state;
  if (!proof) return;
  const key = JSON.stringify(proof.inbox);
  if (rows.dataset.shown !== key) {
    rows.dataset.shown = key;
    rows.replaceChildren(...proof.inbox.filter(row => !row.one_line).map(row => make('figure', {}, make('figcaption', { class: 'quiet' }, row.client), inboxRow(row))));
  }
  const own = allFindings().filter(found => !found.waived && !/^(news|guides)\[/.test(found.place));
  showFindings(findings, own, null);
}

// Puts the caret into a field of the issue.
export function focusHead(name) {
  const box = { subject, preheader, intro }[name] || intro;
  box.box.focus();
  box.scrollIntoView({ block: 'center' });
}

// The tabs and their contents: the mail, the inbox, the texts, the draft's file.
import { $, links, make } from './dom.js';
import { page, query } from './state.js';
import { allFindings } from './findings.js';
import { drawMail } from './frames.js';

export const tabs = ['mail', 'inbox', 'text', 'html', 'message', 'draft'];

export function choose(tab, focus) {
  page.wish.tab = tab;
  for (const name of tabs) {
    const chosen = name === tab;
    $('tab-' + name).setAttribute('aria-selected', chosen);
    $('tab-' + name).tabIndex = chosen ? 0 : -1;
    $('view-' + name).hidden = !chosen;
  }
  if (focus) $('tab-' + tab).focus();
  history.replaceState(null, '', location.pathname + location.search + '#' + tab);
  return page.state ? drawTab() : null;
}

export async function drawTab() {
  const { state, wish, shown } = page;
  // The file is shown as it is; everything else is from the last text without a mistake.
  for (const last of document.querySelectorAll('.last')) last.hidden = wish.tab === 'draft';
  if (wish.tab === 'mail') return drawMail();
  if (wish.tab === 'inbox') return drawInbox();
  if (wish.tab === 'draft') return drawDraft();
  const name = wish.tab;
  const key = state.proof && state.proof.stamp;
  if (shown[name] === key) return;
  const text = key ? await (await fetch('/' + name + '?' + query())).text() : '';
  shown[name] = key;
  const cut = name === 'html' && state.proof ? state.proof.clip.at : null;
  if (cut === null) return void $(name).replaceChildren(text);
  const raw = new TextEncoder().encode(text);
  const part = (from, to) => new TextDecoder().decode(raw.subarray(from, to));
  $(name).replaceChildren(part(0, cut), make('mark', {}, 'Gmail shows nothing below here'), part(cut));
}

// The inbox row of one mail program.
export function inboxRow(row) {
  const bit = (name, text) => make('div', { class: name }, make('bdi', {}, text));
  const from = bit('from', row.sender.shown);
  return row.one_line
    ? make('div', { class: 'row one' }, from, make('div', {}, make('bdi', {}, row.subject.shown), make('span', { class: 'pre' }, ' – ' + row.preheader.shown)))
    : make('div', { class: 'row' }, from, bit('subject', row.subject.shown), bit('pre', row.preheader.shown));
}

function drawInbox() {
  const proof = page.state.proof;
  const view = $('view-inbox');
  if (!proof) return void view.replaceChildren();
  const gone = (what, cut) => (cut.lost ? what + ' goes on: “' + cut.lost + '”. ' : '');
  view.replaceChildren(
    ...proof.inbox.map(row => {
      const lost = gone('The sender', row.sender) + gone('The subject', row.subject) + gone(proof.no_preheader ? 'The text' : 'The preheader', row.preheader);
      return make('section', { class: 'client' }, make('h2', {}, row.client), inboxRow(row), make('p', { class: 'lost' }, lost || 'All of it is shown.'));
    }),
    make('p', { class: 'quiet' }, (proof.no_preheader ? 'Without a preheader, lists show the first words of the mail. ' : '')
      + 'Where an inbox cuts the line depends on the window and the letters; these are typical widths.'));
}

async function drawDraft() {
  const { state, shown } = page;
  const draft = state.draft;
  const key = JSON.stringify([state.draft_stamp, shown.findings, state.troubles]);
  if (!draft || shown.draft === key) return;
  const text = await (await fetch('/draft?' + query())).text();
  shown.draft = key;
  $('draftfile').textContent = draft.file;
  $('draftlinks').replaceChildren(...links(draft.path, null));
  // Findings are from the last text without a mistake: their lines have moved.
  const wrong = state.troubles.filter(trouble => trouble.file === draft.file && trouble.line);
  const all = wrong.length ? wrong.map(trouble => ({ ...trouble, severity: 'error' })) : state.troubles.length ? [] : allFindings();
  $('draft').replaceChildren(...text.replace(/\n$/, '').split('\n').map((line, number) => {
    const said = all.filter(found => found.line === number + 1)
      .map(found => make('span', { class: 'said ' + (found.waived ? 'note' : found.severity) }, found.severity + ': ' + found.message));
    return make('li', { tabindex: -1 }, line, ...said);
  }));
}

export async function goToLine(line) {
  await choose('draft');
  for (const old of $('draft').querySelectorAll('.hit')) old.classList.remove('hit');
  const item = $('draft').children[line - 1];
  if (!item) return;
  item.classList.add('hit');
  item.scrollIntoView({ block: 'center' });
  item.focus({ preventScroll: true });
}

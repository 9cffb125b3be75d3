// The preview page: waits for a change, and swaps what has changed in place. The mail's frames are frames.js. No address
// of another machine is in here.
'use strict';

const $ = id => document.getElementById(id);
const tabs = ['mail', 'inbox', 'text', 'html', 'message', 'draft'];
const told = {
  light: '',
  dark: 'The mail’s own dark style, as Apple Mail and others with prefers-color-scheme show it.',
  plain: 'As in a program that drops the style sheet: one size for all screens, light colours.',
  inverted: 'Approximate: every colour’s lightness is mirrored, much as Outlook on the web and Gmail’s app on an iPhone do to a mail against its will.',
};
// What is wished for, what was told last, and what each view shows at present.
const wish = { issue: null, as: null, look: 'light', pictures: 'off', tab: 'mail' };
let state = null;
let waiting = null;
const shown = {};

function query(more) {
  const all = { issue: wish.issue, as: wish.as, ...more };
  return new URLSearchParams(Object.entries(all).filter(([, value]) => value !== null)).toString();
}

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null));
  return element;
}

// -- following

async function follow() {
  for (let after = null; ;) {
    waiting = new AbortController();
    let told = null;
    try {
      const answer = await fetch('/state?' + query({ after }), { signal: waiting.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      // 204: nothing has changed for a while.
      if (answer.status === 200) told = await answer.json();
    } catch (why) {
      after = null;
      if (why.name === 'AbortError') continue;
      say('No answer from digest; trying again', 'off');
      await new Promise(done => setTimeout(done, 700));
    }
    if (told) {
      state = told;
      after = state.version;
      draw();
    }
  }
}

function request() {
  if (waiting) waiting.abort();
}

function say(text, kind) {
  const status = $('status');
  status.textContent = text;
  status.className = kind ? 'quiet ' + kind : 'quiet';
}

// -- drawing

function draw() {
  document.title = (state.issue || 'Preview') + ' · ' + state.publication;
  $('publication').textContent = state.publication || 'Preview';
  drawIssues();
  drawReader();
  drawTroubles();
  drawFindings();
  drawTab();
  if (!state.issue) say('No issue yet: digest compose EDITION writes one', 'stale');
  else if (state.troubles.length) say('Not the newest text', 'stale');
  else say('Follows your saves');
}

function drawIssues() {
  const key = JSON.stringify([state.issues, state.issue]);
  if (shown.issues === key) return;
  shown.issues = key;
  const groups = new Map();
  for (const issue of state.issues) {
    if (!groups.has(issue.edition)) groups.set(issue.edition, make('optgroup', { label: issue.edition }));
    const option = make('option', { value: issue.name }, issue.edition + ', ' + issue.date);
    option.selected = issue.name === state.issue;
    groups.get(issue.edition).append(option);
  }
  $('issue').replaceChildren(...groups.values());
}

function drawReader() {
  if (document.activeElement !== $('subscriber')) $('subscriber').value = state.subscriber.address;
  $('who').textContent = state.subscriber.address ? state.subscriber.told : '';
  $('who').classList.toggle('wrong', state.subscriber.wrong);
}

function drawTroubles() {
  const key = JSON.stringify(state.troubles);
  if (shown.troubles === key) return;
  shown.troubles = key;
  $('troubles').replaceChildren(...state.troubles.map((trouble, number) => {
    const box = make('div', { class: 'trouble' }, make('h2', {}, trouble.message));
    if (trouble.file) {
      const place = trouble.file + (trouble.line ? ':' + trouble.line : '');
      box.append(make('p', { class: 'where' }, place + '  ', ...links(trouble.path, trouble.line)));
    }
    if (trouble.help) box.append(make('p', { class: 'help' }, trouble.help));
    if (trouble.excerpt.length) {
      const width = String(trouble.excerpt.at(-1)[0]).length;
      box.append(make('pre', { tabindex: 0 }, ...trouble.excerpt.map(([line, text]) =>
        make('div', line === trouble.line ? { class: 'hit' } : {}, String(line).padStart(width) + '  ' + text))));
    }
    const last = number === state.troubles.length - 1 && state.proof;
    if (last) box.append(make('p', { class: 'last' }, 'Below is the last good page.'));
    return box;
  }));
}

// Ways to a file and line: the place to paste into a terminal, and an editor's link.
function links(path, line) {
  if (!path) return [];
  const place = path + (line ? ':' + line : '');
  const copy = make('button', { type: 'button', title: place }, 'copy path');
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(place);
    copy.textContent = 'copied';
    setTimeout(() => { copy.textContent = 'copy path'; }, 1500);
  });
  const all = [copy];
  if (path.startsWith('/')) all.push(make('a', { href: 'vscode://file' + encodeURI(place), 'aria-label': 'open in VS Code', title: 'open in VS Code' }, 'VS Code'));
  return all;
}

// -- findings and weight

function finding(found) {
  const label = (found.waived ? 'waived ' : '') + found.severity + ' · ' + found.code;
  const item = make('li', { class: found.waived ? 'note' : found.severity, tabindex: -1 },
    make('p', { class: 'label' }, label),
    make('p', {}, found.message + ' '),
    make('p', { class: 'help' }, found.waived ? 'Waived: ' + found.waived : found.help));
  if (found.line && state.draft) {
    const go = make('button', { type: 'button', title: state.draft.file + ':' + found.line, onclick: () => goToLine(found.line) },
      'line ' + found.line);
    item.append(make('p', { class: 'goto' }, field(found.place), go, ...links(state.draft.path, found.line)));
  } else {
    item.append(make('p', { class: 'goto quiet' }, 'about ' + found.place));
  }
  return item;
}

// The key that a finding is about: the last word of its place, since the block's title stands above.
function field(place) {
  const key = place.split(', ').at(-1);
  return /^\w+$/.test(key) ? make('code', {}, key) : null;
}

const bytes = number => number.toLocaleString('en') + ' bytes';
const many = (number, word) => number + ' ' + word + (number === 1 ? '' : 's');

function drawFindings() {
  const proof = state.proof;
  const key = JSON.stringify([proof && [proof.blocks, proof.elsewhere, proof.html_bytes], state.draft && state.draft.file]);
  $('spam').hidden = !state.spam_left_out;
  if (shown.findings === key) return;
  shown.findings = key;
  if (!proof) {
    $('weight').textContent = $('counts').textContent = 'Nothing rendered yet.';
    for (const id of ['scale', 'elsewhere', 'blocks', 'summary']) $(id).replaceChildren();
    return;
  }
  const limit = proof.clip.limit;
  const percent = Math.round(proof.html_bytes / limit * 100);
  $('weight').textContent = proof.html_bytes > limit
    ? bytes(proof.html_bytes) + ' of HTML: Gmail hides what comes after ' + bytes(limit) + '.'
    : bytes(proof.html_bytes) + ' of HTML, ' + percent + ' % of what Gmail shows. Text: ' + bytes(proof.text_bytes) + '.';
  const whole = Math.max(limit, proof.html_bytes);
  $('scale').replaceChildren(...proof.blocks.map((block, number) => {
    const part = make('i', { title: block.name + ': ' + bytes(block.bytes), class: number === proof.blocks.length - 1 ? 'rest' : null });
    part.style.width = block.bytes / whole * 100 + '%';
    return part;
  }));
  if (proof.html_bytes > limit) {
    const line = make('b');
    line.style.left = limit / whole * 100 + '%';
    $('scale').append(line);
  }
  const all = [...proof.elsewhere, ...proof.blocks.flatMap(block => block.findings)];
  const open = kind => all.filter(found => !found.waived && found.severity === kind).length;
  const counts = ['error', 'warning', 'note'].map(kind => open(kind) ? many(open(kind), kind) : '').filter(Boolean);
  const waived = all.filter(found => found.waived).length;
  if (waived) counts.push(waived + ' waived');
  $('counts').textContent = counts.join(', ') || 'No finding.';
  $('summary').textContent = counts.join(', ');
  $('summary').className = ['error', 'warning', 'note'].find(open) || '';
  $('elsewhere').replaceChildren(...proof.elsewhere.map(finding));
  $('blocks').replaceChildren(...proof.blocks.map((block, number) => {
    const head = make('button', { type: 'button', class: 'block', onclick: () => goToBlock(number) },
      make('span', {}, block.name), make('span', { class: 'quiet' }, bytes(block.bytes)));
    head.disabled = !block.begins;
    const item = make('li', { id: 'block-' + number }, head);
    if (block.findings.length) item.append(make('ul', { class: 'findings' }, ...block.findings.map(finding)));
    return item;
  }));
}

// -- tabs

function choose(tab, focus) {
  wish.tab = tab;
  for (const name of tabs) {
    const chosen = name === tab;
    $('tab-' + name).setAttribute('aria-selected', chosen);
    $('tab-' + name).tabIndex = chosen ? 0 : -1;
    $('view-' + name).hidden = !chosen;
  }
  if (focus) $('tab-' + tab).focus();
  history.replaceState(null, '', '#' + tab);
  return state ? drawTab() : null;
}

async function drawTab() {
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

function drawInbox() {
  const proof = state.proof;
  const view = $('view-inbox');
  if (!proof) return void view.replaceChildren();
  const gone = (what, cut) => (cut.lost ? what + ' goes on: “' + cut.lost + '”. ' : '');
  view.replaceChildren(
    ...proof.inbox.map(row => {
      const bit = (name, text) => make('div', { class: name }, make('bdi', {}, text));
      const from = bit('from', row.sender.shown);
      const box = row.one_line
        ? make('div', { class: 'row one', tabindex: 0, role: 'group', 'aria-label': 'The row in ' + row.client }, from, make('div', {}, make('bdi', {}, row.subject.shown), make('span', { class: 'pre' }, ' – ' + row.preheader.shown)))
        : make('div', { class: 'row' }, from, bit('subject', row.subject.shown), bit('pre', row.preheader.shown));
      const lost = gone('The sender', row.sender) + gone('The subject', row.subject) + gone(proof.no_preheader ? 'The text' : 'The preheader', row.preheader);
      return make('section', { class: 'client' }, make('h3', {}, row.client), box, make('p', { class: 'lost' }, lost || 'All of it is shown.'));
    }),
    make('p', { class: 'quiet' }, (proof.no_preheader ? 'Without a preheader, lists show the first words of the mail. ' : '')
      + 'Where lists cut depends on the window and the letters; these are usual widths.'));
}

async function drawDraft() {
  const draft = state.draft;
  const key = JSON.stringify([state.draft_stamp, shown.findings]);
  if (!draft || shown.draft === key) return;
  const text = await (await fetch('/draft?' + query())).text();
  shown.draft = key;
  $('draftfile').textContent = draft.file;
  $('draftlinks').replaceChildren(...links(draft.path, null));
  const all = state.proof ? [...state.proof.elsewhere, ...state.proof.blocks.flatMap(block => block.findings)] : [];
  $('draft').replaceChildren(...text.replace(/\n$/, '').split('\n').map((line, number) => {
    const said = all.filter(found => found.line === number + 1)
      .map(found => make('span', { class: 'said ' + (found.waived ? 'note' : found.severity) }, found.severity + ': ' + found.message));
    return make('li', { tabindex: -1 }, line, ...said);
  }));
}

async function goToLine(line) {
  await choose('draft');
  for (const old of $('draft').querySelectorAll('.hit')) old.classList.remove('hit');
  const item = $('draft').children[line - 1];
  if (!item) return;
  item.classList.add('hit');
  item.scrollIntoView({ block: 'center' });
  item.focus({ preventScroll: true });
}

// -- hands on

$('summary').addEventListener('click', () => {
  $('check').scrollIntoView();
  $('check').focus({ preventScroll: true });
});
$('issue').addEventListener('change', event => {
  wish.issue = event.target.value;
  request();
});
$('reading').addEventListener('submit', event => {
  event.preventDefault();
  wish.as = $('subscriber').value.trim();
  request();
});
$('subscriber').addEventListener('change', () => $('reading').requestSubmit());
for (const name of ['look', 'pictures']) {
  for (const radio of document.getElementsByName(name)) {
    // A page that is loaded again may come with the last choice.
    if (radio.checked) wish[name] = radio.value;
    radio.addEventListener('change', () => {
      wish[name] = radio.value;
      if (state) drawMail();
    });
  }
}
for (const name of tabs) $('tab-' + name).addEventListener('click', () => choose(name));
$('tabs').addEventListener('keydown', event => {
  const at = tabs.indexOf(wish.tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  choose(tabs[to % tabs.length], true);
});
choose(tabs.includes(location.hash.slice(1)) ? location.hash.slice(1) : 'mail');
follow();

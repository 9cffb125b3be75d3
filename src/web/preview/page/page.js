// The preview page: waits for a change and updates in place what changed. It contains no address of another machine.
import { $, make, trouble } from './dom.js';
import { follow, onAsk, page, request, say } from './state.js';
import { drawFindings } from './findings.js';
import { drawMail, goToBlock, place } from './frames.js';
import { choose, drawTab, goToLine, tabs } from './views.js';

function draw() {
  const { state } = page;
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
  document.dispatchEvent(new CustomEvent('page:drawn'));
}

function drawIssues() {
  const { state, shown } = page;
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
  const { subscriber } = page.state;
  if (document.activeElement !== $('subscriber')) $('subscriber').value = subscriber.address;
  $('who').textContent = subscriber.address ? subscriber.told : '';
  $('who').classList.toggle('wrong', subscriber.wrong);
}

function drawTroubles() {
  const { state, shown } = page;
  const key = JSON.stringify([state.troubles, !state.proof]);
  if (shown.troubles === key) return;
  shown.troubles = key;
  const boxes = state.troubles.map(trouble);
  if (boxes.length && state.proof) boxes.at(-1).append(make('p', { class: 'last' }, 'Below is the last good page.'));
  $('troubles').replaceChildren(...boxes);
}

// -- controls

$('summary').addEventListener('click', () => {
  $('check').scrollIntoView();
  $('check').focus({ preventScroll: true });
});
$('issue').addEventListener('change', event => {
  page.wish.issue = event.target.value;
  history.replaceState(null, '', '?' + new URLSearchParams({ issue: page.wish.issue }) + location.hash);
  request();
});
$('reading').addEventListener('submit', event => {
  event.preventDefault();
  page.wish.as = $('subscriber').value.trim();
  request();
});
$('subscriber').addEventListener('change', () => $('reading').requestSubmit());
for (const name of ['look', 'pictures', 'width']) {
  for (const radio of document.getElementsByName(name)) {
    // A reloaded page may come with the last choice.
    if (radio.checked) page.wish[name] = radio.value;
    radio.addEventListener('change', () => {
      page.wish[name] = radio.value;
      fit();
      if (page.state) drawMail();
    });
  }
}
// Both widths of the mail are shown side by side if there is room; otherwise one of them.
function fit() {
  const frames = document.querySelector('.frames');
  const room = frames.clientWidth || document.querySelector('.views').clientWidth;
  const both = room >= 602 + 24 + 377;
  $('width-both').hidden = !both;
  frames.dataset.width = page.wish.width !== 'both' || both ? page.wish.width : room < 602 ? 'phone' : 'desktop';
  const shown = document.querySelector(`[name=width][value=${frames.dataset.width}]`);
  if (!both && shown) shown.checked = true;
  if (page.state) document.querySelectorAll('.screen').forEach(place);
}
new ResizeObserver(fit).observe(document.querySelector('.views'));
for (const name of tabs) $('tab-' + name).addEventListener('click', () => choose(name));
$('tabs').addEventListener('keydown', event => {
  const at = tabs.indexOf(page.wish.tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  choose(tabs[to % tabs.length], true);
});
onAsk('line', goToLine);
onAsk('block', number => {
  choose('mail');
  goToBlock(number);
});
fit();
choose(tabs.includes(location.hash.slice(1)) ? location.hash.slice(1) : 'mail');
follow(draw);

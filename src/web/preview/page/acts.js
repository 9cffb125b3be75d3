// What is done with the issue as a whole: undo and redo, test, approve, take back, hold, skip. Approving and sending a test ask once more.
import { $, button, make, many } from './dom.js';
import { act, change, desk, onDraft } from './draft.js';
import { page } from './state.js';
import { allFindings } from './findings.js';

const wanted = {
  undo: { label: 'Undo', does: () => change({ op: 'undo' }), key: 'Ctrl+Z' },
  redo: { label: 'Redo', does: () => change({ op: 'redo' }), key: 'Ctrl+Shift+Z' },
  test: { label: 'Send a test…', does: askTest },
  approve: { label: 'Approve…', does: askApprove, main: true },
  'take-back': { label: 'Take back', does: () => act({ act: 'take-back' }) },
  hold: { label: 'Hold', does: () => act({ act: 'hold' }) },
  resume: { label: 'Resume…', does: askResume },
  skip: { label: 'Skip this date…', does: askSkip },
  unskip: { label: 'Do not skip', does: () => act({ act: 'skip', undo: true }) },
};

for (const [name, { label, does, key, main }] of Object.entries(wanted)) {
  $('acts').append(button(label, does, { id: 'act-' + name, title: key, class: main ? 'main' : null, hidden: true }));
}

onDraft(draft => {
  $('standing').textContent = draft.state.words;
  $('when').textContent = draft.state.when;
  document.body.dataset.state = draft.state.state;
  for (const name of Object.keys(wanted)) {
    const element = $('act-' + name);
    if (name === 'undo' || name === 'redo') {
      element.hidden = false;
      // A disabled button would lose the focus of someone who presses it repeatedly.
      element.setAttribute('aria-disabled', !draft[name].length);
      element.title = draft[name].length ? `${wanted[name].label}: ${draft[name][0]} (${wanted[name].key})` : 'Nothing to ' + name;
    } else {
      element.hidden = !draft.state.can.includes(name);
    }
  }
});

document.addEventListener('keydown', event => {
  const writes = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (writes || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z') return;
  event.preventDefault();
  change({ op: event.shiftKey ? 'redo' : 'undo' });
});

// -- asking once more

function dialog(title, content, label, does, blocked = false) {
  const refused = make('p', { class: 'wrong', role: 'alert' });
  const form = make('form', {}, make('h2', { id: 'dialog-title' }, title), ...content, refused,
    make('div', { class: 'buttons' }, make('button', { class: 'main', disabled: blocked }, label), button('Cancel', () => box.close())));
  const box = make('dialog', { 'aria-labelledby': 'dialog-title' }, form);
  form.addEventListener('submit', async event => {
    event.preventDefault();
    refused.textContent = '';
    const wish = does();
    if (!wish) return;
    const told = await act(wish, true);
    if (told.ok) return box.close();
    const [trouble] = told.troubles || [];
    refused.textContent = trouble ? trouble.message + (trouble.help ? '. ' + trouble.help : '') : 'That did not work.';
  });
  box.addEventListener('close', () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

function labelled(id, label, more) {
  return make('div', { class: 'field' }, make('label', { for: id }, label), make('input', { id, autocomplete: 'off', ...more }));
}

function askApprove() {
  const seen = desk.draft.stamp;
  const open = allFindings().filter(found => !found.waived);
  const errors = open.filter(found => found.severity === 'error').length;
  const warnings = open.filter(found => found.severity === 'warning').length;
  const checked = errors ? `The check found ${many(errors, 'error')}: fix or waive ${errors === 1 ? 'it' : 'them'} first.` : warnings ? `The check found ${many(warnings, 'warning')}.` : 'The check found nothing to fix.';
  const { when } = desk.draft.state;
  dialog('Approve this issue?', [
    make('p', {}, make('b', {}, desk.draft.subject)),
    make('p', {}, checked),
    make('p', { class: 'quiet' }, 'Exactly what you see is frozen. ' + (when ? when.replace('Due', 'It goes out') : '') + ' An edit makes it a draft again.'),
    labelled('approve-by', 'Your name', { value: localStorage.getItem('digest name') || '', required: true }),
  ], 'Approve', () => {
    const by = $('approve-by').value.trim();
    if (!by) return null;
    localStorage.setItem('digest name', by);
    return { act: 'approve', by, stamp: seen };
  }, errors > 0);
}

function askTest() {
  const place = desk.draft.state.mails_people ? '' : 'This publication writes mail into its outbox folder: nobody is mailed.';
  dialog('Send a test copy?', [
    make('p', {}, 'The issue as it is now, marked as a test. It is not counted.'),
    place ? make('p', { class: 'quiet' }, place) : null,
    labelled('test-to', 'To (addresses separated by commas)', { value: localStorage.getItem('digest test') || '', inputmode: 'email', required: true }),
  ], 'Send the test', () => {
    const text = $('test-to').value;
    localStorage.setItem('digest test', text);
    return { act: 'test', addresses: text.split(/[,;\s]+/).filter(Boolean) };
  });
}

function askSkip() {
  dialog('Skip this date?', [
    make('p', {}, `${page.state.issue} will not go out. This writes the date into config.toml; the draft stays.`),
  ], 'Skip it', () => ({ act: 'skip', undo: false }));
}

function askResume() {
  dialog('Resume the send?', [make('p', {}, desk.draft.state.words + '.')], 'Resume', () => ({ act: 'resume' }));
}

// A link in a letter to editors opens the confirmation, but a person must press it: `?ask=approve`, `?ask=skip`.
const asked = new URLSearchParams(location.search).get('ask');
let isAsked = false;
onDraft(draft => {
  if (isAsked || !asked) return;
  isAsked = true;
  history.replaceState(null, '', '?' + new URLSearchParams({ issue: draft.issue }) + location.hash);
  if (draft.state.can.includes(asked) && { approve: true, skip: true }[asked]) wanted[asked].does();
});

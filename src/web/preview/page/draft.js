// The last draft from digest, and how to change it. Changes are made one after the other; each is answered with the draft
// after the change.
import { $, trouble } from './dom.js';
import { page } from './state.js';

export const desk = { key: location.pathname.split('/')[1], issue: null, draft: null };
const listeners = [];
let queue = Promise.resolve();

// Calls `draw` with every new draft.
export const onDraft = draw => listeners.push(draw);

export async function read(what, more) {
  const answer = await fetch(`/${desk.key}/${what}?` + new URLSearchParams({ issue: desk.issue, ...more }));
  return answered(answer);
}

// Reads the draft again: another program may have changed it.
export function reload() {
  desk.issue = page.state.issue;
  if (!desk.issue) return;
  queue = queue.then(() => read('draft')).then(told => { if (told.ok) take(told.value); }, () => {});
}

// Makes a change: `wanted` is the change, or a function that returns it at its turn. Returns the result; `quiet` keeps refusals
// from the top of the page, for callers that show them beside a field.
export const change = (wanted, quiet) => post('change', wanted, quiet);
export const act = (wanted, quiet) => post('act', wanted, quiet);

function post(what, wanted, quiet) {
  const done = queue.then(async () => {
    const it = typeof wanted === 'function' ? wanted() : wanted;
    if (!it) return { ok: false };
    const answer = await fetch(`/${desk.key}/${what}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ issue: desk.issue, [what]: it }),
    });
    const told = await answered(answer);
    if (told.value && told.value.draft) take(told.value.draft);
    if (told.ok) tell(told.value.told);
    else if (!quiet) refuse(told);
    return told;
  }).catch(() => {
    const told = { ok: false, troubles: [{ message: 'digest does not answer. What you wrote is kept here.' }] };
    if (!quiet) refuse(told);
    return told;
  });
  queue = done;
  return done;
}

async function answered(answer) {
  const json = (answer.headers.get('content-type') || '').startsWith('application/json');
  const value = json ? await answer.json() : null;
  const text = json || answer.ok ? '' : await answer.text();
  const troubles = (value && value.troubles) || (text ? [{ message: text.trim() }] : []);
  return { ok: answer.ok, value, conflict: answer.status === 409 ? value.conflict : null, troubles };
}

function take(draft) {
  desk.draft = draft;
  for (const draw of listeners) draw(draft);
}

export function tell(words) {
  $('refused').replaceChildren();
  $('told').textContent = words || '';
}

// Says why something was not done.
export function refuse(told) {
  $('told').textContent = '';
  const conflict = told.conflict && { message: 'Somebody else changed this story meanwhile. It is shown as it is now; do it again if you still want to.' };
  $('refused').replaceChildren(...(conflict ? [conflict] : told.troubles || []).map(trouble));
  $('refused').scrollIntoView({ block: 'nearest' });
}

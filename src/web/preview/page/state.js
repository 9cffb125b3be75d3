// The page's state: the request (which issue, whose message, which look), the last state from digest, and what each view shows.
import { $ } from './dom.js';

export const page = {
  wish: { issue: new URLSearchParams(location.search).get('issue'), as: null, look: 'light', pictures: 'off', width: 'both', tab: 'mail' },
  state: null,
  shown: {},
};
let waiting = null;

export function query(more) {
  const all = { issue: page.wish.issue, as: page.wish.as, ...more };
  return new URLSearchParams(Object.entries(all).filter(([, value]) => value !== null)).toString();
}

export function say(text, kind) {
  const status = $('status');
  status.textContent = text;
  status.className = kind ? 'quiet ' + kind : 'quiet';
}

// Waits for each change and calls `draw` with it, as long as the page is open.
export async function follow(draw) {
  for (let after = null; ;) {
    waiting = new AbortController();
    let told = null;
    try {
      const answer = await fetch('/state?' + query({ after }), { signal: waiting.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      // 204: nothing changed for a while.
      if (answer.status === 200) told = await answer.json();
    } catch (why) {
      after = null;
      if (why.name === 'AbortError') continue;
      say('No answer from digest; trying again', 'off');
      await new Promise(done => setTimeout(done, 700));
    }
    if (told) {
      page.state = told;
      after = told.version;
      draw();
    }
  }
}

// Asks at once, since the request has changed.
export function request() {
  if (waiting) waiting.abort();
}

// Hooks by which one module calls another without importing it: show a line of the draft, a block of the mail, an entry's fields.
export const ask = (what, detail) => document.dispatchEvent(new CustomEvent('page:' + what, { detail }));
export const onAsk = (what, does) => document.addEventListener('page:' + what, event => does(event.detail));

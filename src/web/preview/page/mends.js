// Findings beside their subject, with buttons for mechanical fixes.
import { button, make } from './dom.js';
import { change, desk } from './draft.js';
import { label } from './findings.js';

// The longest subject and preheader that all lists show (docs/checks.md, at subject-long and preheader-long).
const LONGEST = { subject: 60, preheader: 90 };

const mends = {
  drop: (found, entry) => button('Drop the story', () => change(() => ({ op: 'drop', entry: entry.id, was: stamp(entry.id) }))),
  unpair: (found, entry) => button('Show no guide', () => change({ op: 'guide', entry: entry.id, slug: null, was: null })),
  clean: (found, entry) => button('Clean the link', () => change({ op: 'set', entry: entry.id, field: 'url', text: clean(entry.url), was: entry.url })),
  shorten: found => {
    const name = found.place.split(/[ ,]/)[0];
    if (!LONGEST[name]) return null;
    return button('Shorten it', () => {
      const text = desk.draft[name];
      change({ op: 'set', entry: null, field: name, text: shortened(text, LONGEST[name]), was: text });
    });
  },
  waive: found => {
    const reason = make('input', { 'aria-label': 'Why it is all right in this issue', placeholder: 'Why it is all right' });
    const form = make('form', { class: 'waive', hidden: true }, reason, make('button', {}, 'Waive'));
    const open = button('Waive…', () => {
      form.hidden = !form.hidden;
      open.setAttribute('aria-expanded', !form.hidden);
      if (!form.hidden) reason.focus();
    }, { 'aria-expanded': 'false' });
    form.addEventListener('submit', event => {
      event.preventDefault();
      if (reason.value.trim()) change({ op: 'waive', code: found.code, why: reason.value });
      else reason.focus();
    });
    return make('span', {}, open, form);
  },
};

const stamp = id => (desk.draft.news.find(entry => entry.id === id) || {}).stamp || null;

// The address without tracking parameters.
function clean(url) {
  const [address, ...rest] = url.split('?');
  const [asked, mark] = rest.join('?').split('#');
  const left = asked.split('&').filter(part => !/^(utm_|mc_|fbclid|gclid|igshid|mkt_tok|_hs|ref_src|ref=|cmpid|s_cid)/i.test(part));
  return address + (left.length ? '?' + left.join('&') : '') + (mark ? '#' + mark : '');
}

// Cut at the end of a word.
export function shortened(text, most) {
  const letters = [...text];
  if (letters.length <= most) return text;
  const cut = letters.slice(0, most - 1).join('');
  const at = cut.lastIndexOf(' ');
  return cut.slice(0, at > most / 2 ? at : cut.length).replace(/[\s,;:–-]+$/, '') + '…';
}

export function findingRow(found, entry) {
  const buttons = found.mends.map(mend => mends[mend](found, entry)).filter(Boolean);
  return make('li', { class: found.waived ? 'note' : found.severity },
    make('p', { class: 'label' }, label(found)),
    make('p', {}, found.message),
    make('p', { class: 'help' }, found.waived ? 'Waived: ' + found.waived : found.help),
    buttons.length ? make('p', { class: 'mends' }, ...buttons) : null);
}

// Writes the findings into a list, unless they have not changed: a reason being typed is kept.
export function showFindings(list, found, entry) {
  const key = JSON.stringify([found, entry && entry.url]);
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  list.replaceChildren(...found.map(one => findingRow(one, entry)));
}

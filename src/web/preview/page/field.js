// One field: a box whose words are edited in place. They are saved when the box loses focus, by Ctrl+S and by Ctrl+Enter;
// until then they are kept in the browser, so that a reload loses none. If somebody else changed them meanwhile, both are shown.
import { button, make } from './dom.js';
import { change, desk, tell } from './draft.js';

let count = 0;

export function field({ name, label, entry, lines, hint, placeholder }) {
  const id = 'field-' + (count += 1);
  const isOneLine = !lines || lines === 1;
  const tag = lines ? 'textarea' : 'input';
  const box = make(tag, { id, class: isOneLine ? 'one' : null, 'data-field': name, autocomplete: 'off', placeholder, 'aria-describedby': id + '-note', rows: lines || null });
  const note = make('div', { class: 'note-line', id: id + '-note' });
  const element = make('div', { class: 'field' }, make('label', { for: id }, label), box, hint ? make('p', { class: 'quiet hint' }, hint) : null, note);
  // The draft's words when editing began, and as the box returns them: it has its own line endings.
  let was = null;
  let base = null;
  const kept = () => ['digest', desk.issue, entry || '', name].join(' ');
  const isDirty = () => was !== null && box.value !== base;

  function show(words) {
    was = words;
    box.value = words;
    base = box.value;
  }

  function keep() {
    if (isDirty()) localStorage.setItem(kept(), JSON.stringify({ was, text: box.value }));
    else localStorage.removeItem(kept());
    element.classList.toggle('unsaved', isDirty());
    // Messages about these words stay until they are saved.
    if (isDirty() && note.querySelector('.conflict, .wrong')) return;
    note.replaceChildren(isDirty() ? 'Not saved yet' : '');
  }

  async function save() {
    if (isOneLine && /\n/.test(box.value)) box.value = box.value.replace(/\s*\n\s*/g, ' ').trim();
    if (!isDirty()) return keep();
    const text = box.value;
    const told = await change(() => ({ op: 'set', entry: entry || null, field: name, text, was }), true);
    if (told.ok) {
      // Words typed during the save still have to be saved.
      was = base = text;
      return keep();
    }
    if (told.conflict) return conflict(told.conflict.theirs);
    note.replaceChildren(make('span', { class: 'wrong' }, (told.troubles[0] || {}).message || 'It was not saved.'));
  }

  function conflict(theirs) {
    const take = words => {
      show(theirs);
      box.value = words;
      keep();
      box.focus();
    };
    note.replaceChildren(make('div', { class: 'conflict', role: 'alert' },
      make('p', {}, 'Somebody else changed this meanwhile. They wrote:'),
      make('blockquote', {}, theirs || '(nothing)'),
      make('p', {}, 'Your words are still above.'),
      button('Keep mine', () => { take(box.value); save(); }),
      button('Take theirs', () => take(theirs))));
    tell('');
  }

  // Shows the draft's current words, unless the person is editing.
  element.update = value => {
    const before = was === null ? JSON.parse(localStorage.getItem(kept()) || 'null') : null;
    if (before) {
      show(before.was);
      box.value = before.text;
    }
    if (!isDirty() || box.value === value) {
      if (was !== value) show(value);
      else base = box.value;
    }
    keep();
  };
  element.write = text => {
    box.value = text;
    keep();
    return save();
  };
  box.addEventListener('input', keep);
  box.addEventListener('change', save);
  box.addEventListener('keydown', event => {
    const saves = (event.ctrlKey || event.metaKey) && (event.key === 'Enter' || event.key === 's');
    if (saves || (event.key === 'Enter' && isOneLine)) {
      event.preventDefault();
      save();
    } else if (event.key === 'Escape' && isDirty()) {
      event.stopPropagation();
      box.value = was;
      keep();
    }
  });
  element.box = box;
  return element;
}

// Fields of an object in the draft, such as the picture: `parts` are name, label and number of lines.
export function group(prefix, entry, parts) {
  const fields = parts.map(([part, label, lines]) => [part, field({ name: prefix + '.' + part, label, entry, lines })]);
  const remove = button('Remove', () => change({ op: 'set', entry: entry || null, field: prefix, text: '', was: null }));
  const element = make('div', { class: 'group' }, ...fields.map(([, field]) => field), remove);
  element.update = value => {
    remove.hidden = !value;
    fields.forEach(([part, field]) => field.update((value && value[part]) || ''));
  };
  return element;
}

export const PICTURE = [['file', 'File in content/pictures/'], ['url', 'or its web address'], ['alt', 'What it shows', 2], ['width', 'Width in pixels, up to 600']];

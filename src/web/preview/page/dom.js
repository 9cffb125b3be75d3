// Helpers for the page's modules: elements, words, lists that keep their elements.

export const $ = id => document.getElementById(id);

export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

export const button = (label, onclick, more) => make('button', { type: 'button', onclick, ...more }, label);
export const bytes = number => number.toLocaleString('en') + ' bytes';
export const many = (number, word) => number + ' ' + word + (number === 1 ? '' : 's');

// Updates the children of `list` to match `items`, in order. An element is kept as long as its key exists, so that focus,
// caret and open drawers stay; `update` brings it up to date.
export function keyed(list, items, key, create, update) {
  const known = new Map([...list.children].map(child => [child.dataset.key, child]));
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  let place = list.firstElementChild;
  items.forEach((item, number) => {
    const name = key(item);
    let child = known.get(name);
    if (child) known.delete(name);
    else child = create(item);
    child.dataset.key = name;
    if (child === place) place = place.nextElementSibling;
    else list.insertBefore(child, place);
    update(child, item, number);
  });
  for (const gone of known.values()) gone.remove();
  // A moved element loses the focus.
  if (focused && focused.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

// Redraws a list. When the row that had the focus is gone, the one in its place gets it.
export function keepFocus(list, draw, otherwise) {
  const at = [...list.children].findIndex(child => child.contains(document.activeElement));
  draw();
  if (at < 0 || list.contains(document.activeElement)) return;
  const row = list.children[Math.min(at, list.children.length - 1)];
  const target = row ? row.querySelector('button') : otherwise;
  if (target) target.focus();
}

// Links to a file and line: the path to paste into a terminal, and an editor's link.
export function links(path, line) {
  if (!path) return [];
  const place = path + (line ? ':' + line : '');
  const copy = button('copy path', async () => {
    await navigator.clipboard.writeText(place);
    copy.textContent = 'copied';
    setTimeout(() => { copy.textContent = 'copy path'; }, 1500);
  }, { title: place });
  const all = [copy];
  if (path.startsWith('/')) all.push(make('a', { href: 'vscode://file' + encodeURI(place), 'aria-label': 'open in VS Code', title: 'open in VS Code' }, 'VS Code'));
  return all;
}

// A mistake in a file, with the surrounding lines.
export function trouble(told) {
  const box = make('div', { class: 'trouble' }, make('h2', {}, told.message));
  if (told.file) {
    const place = told.file + (told.line ? ':' + told.line : '');
    box.append(make('p', { class: 'where' }, place + '  ', ...links(told.path, told.line)));
  }
  if (told.help) box.append(make('p', { class: 'help' }, told.help));
  if (told.excerpt && told.excerpt.length) {
    const width = String(told.excerpt.at(-1)[0]).length;
    box.append(make('pre', { tabindex: 0, 'aria-label': 'The lines around it' }, ...told.excerpt.map(([line, text]) =>
      make('div', line === told.line ? { class: 'hit' } : {}, String(line).padStart(width) + '  ' + text))));
  }
  return box;
}

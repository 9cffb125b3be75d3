// The order of the stories: changed by buttons, by keys or by dragging.
import { button } from './dom.js';
import { change, desk } from './draft.js';

const place = id => desk.draft.news.findIndex(entry => entry.id === id) + 1;
const count = () => desk.draft.news.length;

// Moves a story by this many places.
export function shift(id, by) {
  return change(() => {
    const to = place(id) + by;
    return to < 1 || to > count() ? null : { op: 'move', entry: id, place: to };
  });
}

export function moveButtons(id, title) {
  return [
    button('↑', () => shift(id, -1), { 'aria-label': 'Move up: ' + title, title: 'Move up (Alt+↑)', class: 'up' }),
    button('↓', () => shift(id, 1), { 'aria-label': 'Move down: ' + title, title: 'Move down (Alt+↓)', class: 'down' }),
  ];
}

// Makes a handle drag its entry to the place of another one.
export function draggable(list, element, handle, id) {
  handle.draggable = true;
  handle.addEventListener('dragstart', event => {
    event.dataTransfer.setData('text/plain', id);
    event.dataTransfer.effectAllowed = 'move';
    list.dataset.dragged = id;
  });
  handle.addEventListener('dragend', () => delete list.dataset.dragged);
  element.addEventListener('dragover', event => {
    if (!list.dataset.dragged) return;
    event.preventDefault();
    element.classList.add('over');
  });
  element.addEventListener('dragleave', () => element.classList.remove('over'));
  element.addEventListener('drop', event => {
    element.classList.remove('over');
    const dragged = list.dataset.dragged;
    if (!dragged || dragged === id) return;
    event.preventDefault();
    change(() => ({ op: 'move', entry: dragged, place: place(id) }));
  });
}

// The guide of a story: the ones that fit, with how well, and all others. And the findings of a story by its place.
import { make } from './dom.js';
import { change } from './draft.js';
import { page } from './state.js';
import { onStock, stock } from './stocked.js';

// What the check says of the story in a place, from 1.
export function findings(place) {
  const proof = page.state && page.state.proof;
  const block = proof && proof.blocks.find(block => block.name.startsWith(`news[${place}] `));
  return block ? block.findings : [];
}

export function guideSelect(id) {
  const name = 'guide-' + id;
  const select = make('select', { id: name });
  const reason = make('p', { class: 'quiet hint' });
  const element = make('div', { class: 'field' }, make('label', { for: name }, 'Guide shown with it'), select, reason);
  let entry = null;
  const draw = () => {
    if (!entry) return;
    const title = slug => (stock.guides.find(guide => guide.slug === slug) || { title: slug }).title;
    const fits = entry.options.filter(option => option.slug !== entry.guide);
    const rest = stock.guides.filter(guide => guide.slug !== entry.guide && !fits.some(option => option.slug === guide.slug));
    const option = (slug, words) => make('option', { value: slug }, words);
    select.replaceChildren(
      option('', 'No guide'),
      ...(entry.guide ? [option(entry.guide, title(entry.guide))] : []),
      ...(fits.length ? [make('optgroup', { label: 'Next best by their words' }, ...fits.map(one => option(one.slug, `${title(one.slug)} (fit ${one.fit})`)))] : []),
      ...(rest.length ? [make('optgroup', { label: 'All others' }, ...rest.map(guide => option(guide.slug, guide.title)))] : []));
    select.value = entry.guide;
    reason.textContent = entry.why.split('; ').filter(part => /guide|paired/.test(part)).join('; ');
  };
  select.addEventListener('change', () => change({ op: 'guide', entry: id, slug: select.value || null, was: entry.guide }).then(draw));
  element.update = now => {
    const key = JSON.stringify([now.guide, now.options, now.why]);
    if (entry && element.dataset.shown === key) return;
    element.dataset.shown = key;
    entry = now;
    draw();
  };
  onStock(draw);
  return element;
}

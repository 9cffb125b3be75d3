// The guide of a story: those that fit, with their scores, then all others. Also the findings of a story, by its place.
import { make } from './dom.js';
import { change, desk } from './draft.js';
import { page } from './state.js';
import { onCandidates, candidates } from './candidates.js';

// The check's findings for the story at a place, from 1.
export function findings(place) {
  const proof = page.state && page.state.proof;
  const block = proof && proof.blocks.find(block => block.name.startsWith(`news[${place}] `));
  return block ? block.findings : [];
}

// The title of another story paired with the same guide.
function other(entry) {
  const twin = entry.guide && desk.draft.news.find(one => one.id !== entry.id && one.guide === entry.guide && !one.banned);
  return twin ? twin.title : '';
}

export function guideSelect(id) {
  const name = 'guide-' + id;
  const select = make('select', { id: name });
  const reason = make('p', { class: 'quiet hint' });
  const element = make('div', { class: 'field' }, make('label', { for: name }, 'Guide shown with it'), select, reason);
  let entry = null;
  const draw = () => {
    if (!entry) return;
    const title = slug => (candidates.guides.find(guide => guide.slug === slug) || { title: slug }).title;
    const fits = entry.options.filter(option => option.slug !== entry.guide);
    const rest = candidates.guides.filter(guide => guide.slug !== entry.guide && !fits.some(option => option.slug === guide.slug));
    const option = (slug, words) => make('option', { value: slug }, words);
    select.replaceChildren(
      option('', 'No guide'),
      ...(entry.guide ? [option(entry.guide, title(entry.guide))] : []),
      ...(fits.length ? [make('optgroup', { label: 'Next best by their words' }, ...fits.map(one => option(one.slug, `${title(one.slug)} (fit ${one.fit})`)))] : []),
      ...(rest.length ? [make('optgroup', { label: 'All others' }, ...rest.map(guide => option(guide.slug, guide.title)))] : []));
    select.value = entry.guide;
    const chosen = entry.guide && title(entry.guide);
    const why = entry.why.split('; ').filter(part => /guide|paired/.test(part)).join('; ');
    const twin = other(entry);
    // The reason is compose's: it does not apply to a guide that the editor chose.
    reason.textContent = twin ? `“${twin}” has this guide, too. The mail shows each guide once.` : !chosen || why.includes(chosen) ? why : 'Chosen by an editor.';
  };
  select.addEventListener('change', () => change({ op: 'guide', entry: id, slug: select.value || null, was: entry.guide }).then(draw));
  element.update = now => {
    const key = JSON.stringify([now.guide, now.options, now.why, other(now)]);
    if (entry && element.dataset.shown === key) return;
    element.dataset.shown = key;
    entry = now;
    draw();
  };
  onCandidates(draw);
  return element;
}

// Weight and findings beside the mail.
import { $, button, bytes, links, make, many } from './dom.js';
import { ask, page } from './state.js';

export const kinds = ['error', 'warning', 'note'];
export const allFindings = () => {
  const proof = page.state && page.state.proof;
  return proof ? [...proof.elsewhere, ...proof.blocks.flatMap(block => block.findings)] : [];
};

export const label = found => (found.waived ? 'waived ' : '') + found.severity + ' · ' + found.code;

function finding(found) {
  const item = make('li', { class: found.waived ? 'note' : found.severity, tabindex: -1 },
    make('p', { class: 'label' }, label(found)),
    make('p', {}, found.message + ' '),
    make('p', { class: 'help' }, found.waived ? 'Waived: ' + found.waived : found.help));
  const draft = page.state.draft;
  if (found.line && draft) {
    const go = button('line ' + found.line, () => ask('line', found.line), { title: draft.file + ':' + found.line });
    item.append(make('p', { class: 'goto' }, field(found.place), go, ...links(draft.path, found.line)));
  } else {
    item.append(make('p', { class: 'goto quiet' }, 'about ' + found.place));
  }
  return item;
}

// The key that a finding is about: the last word of its place, since the block's title stands above.
function field(place) {
  const key = place.split(', ').at(-1);
  return /^\w+$/.test(key) ? make('code', {}, key) : null;
}

export function drawFindings() {
  const { state, shown } = page;
  const proof = state.proof;
  const key = JSON.stringify([proof && [proof.blocks, proof.elsewhere, proof.html_bytes], state.draft && state.draft.file]);
  $('spam').hidden = !state.spam_left_out;
  if (shown.findings === key) return;
  shown.findings = key;
  if (!proof) {
    $('weight').textContent = $('counts').textContent = 'Nothing rendered yet.';
    for (const id of ['scale', 'elsewhere', 'blocks', 'summary']) $(id).replaceChildren();
    return;
  }
  drawWeight(proof);
  const all = allFindings();
  const open = kind => all.filter(found => !found.waived && found.severity === kind).length;
  const counts = kinds.map(kind => (open(kind) ? many(open(kind), kind) : '')).filter(Boolean);
  const waived = all.filter(found => found.waived).length;
  if (waived) counts.push(waived + ' waived');
  $('counts').textContent = counts.join(', ') || 'No finding.';
  $('summary').textContent = counts.join(', ');
  $('summary').className = kinds.find(open) || '';
  $('elsewhere').replaceChildren(...proof.elsewhere.map(finding));
  $('blocks').replaceChildren(...proof.blocks.map((block, number) => {
    const words = [make('span', {}, block.name), make('span', { class: 'quiet' }, bytes(block.bytes))];
    // A block without words on the page has nowhere to scroll to.
    const head = block.begins
      ? make('button', { type: 'button', class: 'block', onclick: () => ask('block', number) }, ...words)
      : make('div', { class: 'block' }, ...words);
    const item = make('li', { id: 'block-' + number }, head);
    if (block.findings.length) item.append(make('ul', { class: 'findings' }, ...block.findings.map(finding)));
    return item;
  }));
}

function drawWeight(proof) {
  const limit = proof.clip.limit;
  const percent = Math.round(proof.html_bytes / limit * 100);
  $('weight').textContent = proof.html_bytes > limit
    ? bytes(proof.html_bytes) + ' of HTML: Gmail hides what comes after ' + bytes(limit) + '.'
    : bytes(proof.html_bytes) + ' of HTML, ' + percent + ' % of what Gmail shows. Text: ' + bytes(proof.text_bytes) + '.';
  const whole = Math.max(limit, proof.html_bytes);
  $('scale').replaceChildren(...proof.blocks.map((block, number) => {
    const part = make('i', { title: block.name + ': ' + bytes(block.bytes), class: number === proof.blocks.length - 1 ? 'rest' : null });
    part.style.width = block.bytes / whole * 100 + '%';
    return part;
  }));
  if (proof.html_bytes > limit) {
    const line = make('b');
    line.style.left = limit / whole * 100 + '%';
    $('scale').append(line);
  }
}

export function goToFindings(number) {
  const first = $('block-' + number).querySelector('.findings > li');
  first.scrollIntoView({ block: 'center' });
  first.focus({ preventScroll: true });
}

// The desk: the draft beside its mail, edited in place. Each module that it loads draws one part.
import { $, trouble } from './dom.js';
import { desk, onDraft, reload } from './draft.js';
import { onAsk, page } from './state.js';
import { drawHead, focusHead } from './head.js';
import { drawFound, openBlock } from './entries.js';
import { readCandidates } from './candidates.js';
import './acts.js';
import './drawer.js';
import './cards.js';
import './compare.js';

let seen = null;
function drawn() {
  const { state } = page;
  if (!state.issue) return;
  // Fields belong to one issue: another issue starts fresh.
  if (desk.issue && desk.issue !== state.issue) return void location.reload();
  const first = desk.issue === null;
  if (seen !== state.version) {
    seen = state.version;
    reload();
  }
  if (first) readCandidates();
  if (!desk.draft || desk.draft.broken) return;
  drawHead();
  drawFound();
}

onDraft(draft => {
  $('parts').hidden = Boolean(draft.broken);
  if (draft.broken) $('refused').replaceChildren(trouble(broken(draft.broken)));
  else if (document.body.dataset.broken) $('refused').replaceChildren();
  document.body.dataset.broken = draft.broken ? 'yes' : '';
  if (!draft.broken && page.state) drawHead();
});

onAsk('edit', ({ block, words }) => {
  const story = block.match(/^news\[(\d+)\]/);
  side('edit');
  if (story) openBlock(Number(story[1]), words);
  else if (block.startsWith('intro')) focusHead('intro');
});

// The mistakes themselves are shown at the top of the page.
function broken([first]) {
  const place = first && first.file ? first.file + ':' + (first.line || 1) : 'The draft';
  return { message: place + ' has a mistake', help: 'Editing here goes on once it is fixed. What you wrote is kept.' };
}

// A narrow window shows either the words or the mail.
function side(name) {
  document.body.dataset.side = name;
  for (const one of ['edit', 'look']) $('side-' + one).setAttribute('aria-pressed', one === name);
}
for (const one of ['edit', 'look']) $('side-' + one).addEventListener('click', () => side(one));
side('edit');

// Polls for sends and approvals made elsewhere; the page itself follows the files.
setInterval(() => { if (document.visibilityState === 'visible') reload(); }, 15000);

document.addEventListener('page:drawn', drawn);
// The page may have been drawn before this module was loaded.
if (page.state) drawn();

// What an editor may add: guides, and stories that were left out. Read when the page opens, and again when the drawer opens.
import { read } from './draft.js';

export const candidates = { guides: [], left_out: [], new: 0, troubles: [] };
const listeners = [];
export const onCandidates = draw => listeners.push(draw);

export async function readCandidates() {
  const told = await read('candidates');
  if (!told.ok) return;
  Object.assign(candidates, told.value);
  for (const draw of listeners) draw();
}

// What may be brought in: guides, and stories that were left out. Asked for once a page is open, and again when its drawer is opened.
import { read } from './draft.js';

export const stock = { guides: [], left_out: [], new: 0, troubles: [], issue: null };
const listeners = [];
export const onStock = draw => listeners.push(draw);

export async function restock() {
  const told = await read('stock');
  if (!told.ok) return;
  Object.assign(stock, told.value);
  for (const draw of listeners) draw();
}

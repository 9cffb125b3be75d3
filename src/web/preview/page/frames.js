// The mail in its frames: loads and rewrites them, marks the blocks with findings, and draws Gmail's clip line.
import { $, bytes, make, many } from './dom.js';
import { ask, page, query } from './state.js';
import { goToFindings, kinds } from './findings.js';

const told = {
  light: '',
  dark: 'The mail’s own dark style, as Apple Mail and others with prefers-color-scheme show it.',
  plain: 'As in a program that drops the style sheet: one size for all screens, light colours.',
  inverted: 'Approximate: every colour’s lightness is mirrored, much as Outlook on the web and Gmail’s app on an iPhone do to a mail against its will.',
};

export function drawMail() {
  const { state, wish, shown } = page;
  $('looktold').textContent = [told[wish.look], wish.pictures === 'on' ? 'Pictures are fetched from their servers.' : ''].join(' ').trim();
  const proof = state.proof;
  const key = JSON.stringify([state.issue, proof && proof.stamp, wish.look, wish.pictures]);
  const screens = document.querySelectorAll('.screen');
  if (shown.mail === key) return screens.forEach(place);
  shown.mail = key;
  if (!proof) return screens.forEach(screen => screen.replaceChildren());
  const address = '/mail?' + query({ look: wish.look, pictures: wish.pictures });
  const frames = [...screens].map(screen => screen.querySelector(`iframe[data-pictures="${wish.pictures}"]`));
  if (frames.every(frame => frame && !frame.classList.contains('coming'))) rewrite(frames, address, key);
  else for (const screen of screens) swap(screen, address, key);
}

// Writes the new page into existing frames, in a third of the time of loading them. Their policy stays.
async function rewrite(frames, address, key) {
  const html = await fetch(address).then(answer => (answer.ok ? answer.text() : null), () => null);
  if (page.shown.mail !== key) return;
  if (html === null) return void (page.shown.mail = null);
  for (const frame of frames) {
    const mail = frame.contentDocument;
    mail.open();
    mail.write(html);
    mail.close();
    settle(frame);
  }
}

// Loads the page behind the old one, so that neither the eye nor the scroll position notices.
function swap(screen, address, key) {
  for (const late of screen.querySelectorAll('.coming')) late.remove();
  const frame = make('iframe', {
    class: 'coming', sandbox: 'allow-same-origin', src: address, 'data-pictures': page.wish.pictures,
    title: screen.parentElement.querySelector('figcaption').textContent,
  });
  frame.addEventListener('load', () => {
    if (page.shown.mail !== key || !frame.classList.contains('coming')) return;
    for (const old of screen.querySelectorAll('iframe:not(.coming)')) old.remove();
    frame.classList.remove('coming');
    settle(frame);
  });
  screen.append(frame);
}

// Sizes a frame to its page, and marks the page.
function settle(frame) {
  const mail = frame.contentDocument;
  fitHeight(frame);
  mail.addEventListener('click', stay);
  for (const kind of ['mouseover', 'focusin']) mail.addEventListener(kind, event => tellLink(event.target.closest('a[href]')));
  // Pictures may load later than the page.
  mail.addEventListener('load', () => { frame.style.height = mail.documentElement.scrollHeight + 'px'; }, true);
  place(frame.parentElement);
}

// As high as its page. A hidden frame has no height until it is shown.
function fitHeight(frame) {
  const look = document.querySelector('.look');
  const at = look.scrollTop;
  frame.style.height = '0';
  frame.style.height = frame.contentDocument.documentElement.scrollHeight + 'px';
  look.scrollTop = at;
}

// Links are not followed: the message may be a subscriber's. Where the issue can be edited, a click opens the words.
function stay(event) {
  event.preventDefault();
  tellLink(event.target.closest('a[href]'));
  const number = blockAt(event.target);
  if (number !== null) ask('edit', { block: page.state.proof.blocks[number].name, words: event.target.textContent });
}

function tellLink(link) {
  $('link').hidden = !link;
  $('link').textContent = link ? link.getAttribute('href') : '';
}

const letters = text => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

// The element that a block begins with: a heading with its title, or the paragraph that starts like the intro.
function begin(mail, block) {
  const words = letters(block.begins);
  if (!words) return null;
  const is = element => letters(element.textContent) === words;
  const starts = element => letters(element.textContent).startsWith(words.slice(0, 24));
  return [...mail.querySelectorAll('h1,h2,h3,h4')].find(is) || [...mail.querySelectorAll('p')].find(starts) || null;
}

// The number of the block that contains an element of the mail: the last one that begins before it.
function blockAt(element) {
  let found = null;
  page.state.proof.blocks.forEach((block, number) => {
    const start = begin(element.ownerDocument, block);
    if (!start) return;
    const order = start.compareDocumentPosition(element);
    if (start === element || order & (Node.DOCUMENT_POSITION_FOLLOWING | Node.DOCUMENT_POSITION_CONTAINED_BY)) found = number;
  });
  return found;
}

export function place(screen) {
  for (const old of screen.querySelectorAll('.mark, .clip')) old.remove();
  // An area that scrolls sideways must be reachable by keyboard.
  const scrolls = screen.scrollWidth > screen.clientWidth;
  for (const [name, value] of [['tabindex', '0'], ['role', 'group'], ['aria-label', 'The mail']]) {
    if (scrolls) screen.setAttribute(name, value);
    else screen.removeAttribute(name);
  }
  const frame = screen.querySelector('iframe:not(.coming)');
  const mail = frame && frame.contentDocument;
  const { proof } = page.state;
  if (!mail || !proof) return;
  if (screen.offsetParent && parseFloat(frame.style.height) < 2) fitHeight(frame);
  const top = element => element.getBoundingClientRect().top;
  if (screen.parentElement.classList.contains('desktop')) {
    proof.blocks.forEach((block, number) => {
      const open = block.findings.filter(found => !found.waived);
      const start = open.length ? begin(mail, block) : null;
      if (!start) return;
      const worst = kinds.find(kind => open.some(found => found.severity === kind));
      const mark = make('button', { type: 'button', class: 'mark ' + worst, title: open.map(found => found.message).join('\n'), onclick: () => goToFindings(number) },
        open.length === 1 ? worst : many(open.length, 'finding'));
      mark.style.top = top(start) + 'px';
      screen.append(mark);
    });
  }
  const cut = mail.getElementById('digest-clip');
  if (cut) {
    const line = make('div', { class: 'clip' }, make('span', {}, 'Gmail clips here: ' + bytes(proof.clip.limit)));
    line.style.top = top(cut) + 'px';
    screen.append(line);
  }
}

// Scrolls to a block of the mail, in whichever frame is shown.
export function goToBlock(number) {
  const screen = [...document.querySelectorAll('.screen')].find(screen => screen.offsetParent);
  const frame = screen && screen.querySelector('iframe:not(.coming)');
  const start = frame && frame.contentDocument && begin(frame.contentDocument, page.state.proof.blocks[number]);
  if (!start) return;
  const y = screen.getBoundingClientRect().top + start.getBoundingClientRect().top - 60;
  const look = document.querySelector('.look');
  const scroller = look.scrollHeight > look.clientHeight && getComputedStyle(look).overflowY === 'auto' ? look : window;
  scroller.scrollBy({ top: scroller === look ? y - look.getBoundingClientRect().top : y });
}

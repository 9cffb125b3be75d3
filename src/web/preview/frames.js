// The mail in its frames: loads and rewrites them, marks the blocks that have findings, and draws the line of Gmail's clip.
// Uses what page.js holds: the state, the wish, and its small hands ($, make, query).
'use strict';

function drawMail() {
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

// Writes the new page into frames that are there: a third of the time that loading them takes. Their policy stays.
async function rewrite(frames, address, key) {
  const html = await fetch(address).then(answer => (answer.ok ? answer.text() : null), () => null);
  if (shown.mail !== key) return;
  if (html === null) return void (shown.mail = null);
  for (const frame of frames) {
    const page = frame.contentDocument;
    page.open();
    page.write(html);
    page.close();
    settle(frame);
  }
}

// Loads the page behind the old one, so that neither the eye nor the scroll position notices.
function swap(screen, address, key) {
  for (const late of screen.querySelectorAll('.coming')) late.remove();
  const frame = make('iframe', {
    class: 'coming', sandbox: 'allow-same-origin', src: address, 'data-pictures': wish.pictures,
    title: screen.parentElement.querySelector('figcaption').textContent,
  });
  frame.addEventListener('load', () => {
    if (shown.mail !== key || !frame.classList.contains('coming')) return;
    for (const old of screen.querySelectorAll('iframe:not(.coming)')) old.remove();
    frame.classList.remove('coming');
    settle(frame);
  });
  screen.append(frame);
}

// Gives a frame the height of its page, and the page its marks.
function settle(frame) {
  const page = frame.contentDocument;
  frame.style.height = '0';
  frame.style.height = page.documentElement.scrollHeight + 'px';
  page.addEventListener('click', stay);
  for (const kind of ['mouseover', 'focusin']) page.addEventListener(kind, event => tellLink(event.target.closest('a[href]')));
  // Pictures may come later than the page.
  page.addEventListener('load', () => { frame.style.height = page.documentElement.scrollHeight + 'px'; }, true);
  place(frame.parentElement);
}

// A link is looked at, not followed: the copy may be a subscriber's.
function stay(event) {
  event.preventDefault();
  tellLink(event.target.closest('a[href]'));
}

function tellLink(link) {
  $('link').hidden = !link;
  $('link').textContent = link ? link.getAttribute('href') : '';
}

const letters = text => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

// The element that a block begins with: a heading with its title, or the paragraph that begins as the intro does.
function begin(page, block) {
  const words = letters(block.begins);
  if (!words) return null;
  const is = element => letters(element.textContent) === words;
  const starts = element => letters(element.textContent).startsWith(words.slice(0, 24));
  return [...page.querySelectorAll('h1,h2,h3,h4')].find(is) || [...page.querySelectorAll('p')].find(starts) || null;
}

function place(screen) {
  for (const old of screen.querySelectorAll('.mark, .clip')) old.remove();
  const frame = screen.querySelector('iframe:not(.coming)');
  const page = frame && frame.contentDocument;
  if (!page || !state.proof) return;
  const top = element => element.getBoundingClientRect().top;
  if (screen.parentElement.classList.contains('desktop')) {
    state.proof.blocks.forEach((block, number) => {
      const open = block.findings.filter(found => !found.waived);
      const start = open.length ? begin(page, block) : null;
      if (!start) return;
      const worst = ['error', 'warning', 'note'].find(kind => open.some(found => found.severity === kind));
      const mark = make('button', { type: 'button', class: 'mark ' + worst, title: open.map(found => found.message).join('\n'), onclick: () => goToFindings(number) },
        open.length === 1 ? worst : many(open.length, 'finding'));
      mark.style.top = top(start) + 'px';
      screen.append(mark);
    });
  }
  const cut = page.getElementById('digest-clip');
  if (cut) {
    const line = make('div', { class: 'clip' }, make('span', {}, 'Gmail clips here: ' + bytes(state.proof.clip.limit)));
    line.style.top = top(cut) + 'px';
    screen.append(line);
  }
}

function goToFindings(number) {
  const first = $('block-' + number).querySelector('.findings > li');
  first.scrollIntoView({ block: 'center' });
  first.focus({ preventScroll: true });
}

function goToBlock(number) {
  choose('mail');
  const screen = document.querySelector('.desktop .screen');
  const frame = screen.querySelector('iframe:not(.coming)');
  const start = frame && frame.contentDocument && begin(frame.contentDocument, state.proof.blocks[number]);
  if (!start) return;
  const y = screen.getBoundingClientRect().top + start.getBoundingClientRect().top;
  window.scrollTo({ top: window.scrollY + y - 60 });
}

//! How long a save takes to show: from the write of issue.toml to the frame with the new word in a real browser.
//! A benchmark, which `bench/pixels` runs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::browser::Browser;
use crate::house::{ISSUE, Test};
use crate::preview::Preview;

const SAVES: usize = 31;

#[test]
#[ignore = "a benchmark: bench/pixels runs it"]
fn from_a_save_to_pixels() {
    let Some(browser) = Browser::start() else { return };
    let test = Test::new().sample().composed();
    let preview = Preview::start_in(&test.path(""), "");
    browser.size(1440, 1000);
    browser.open(&format!("http://127.0.0.1:{}/", preview.port));
    let draft = test.draft();
    let file = test.path(&format!("issues/{ISSUE}/issue.toml"));
    let mut times: Vec<f64> = Vec::new();
    for save in 0..=SAVES {
        let word = format!("saved{save}word");
        let text = draft.replacen("A calm week", &word, 1);
        assert_ne!(text, draft);
        let file = file.clone();
        let writer = std::thread::spawn(move || {
            // The browser must be waiting by then.
            std::thread::sleep(Duration::from_millis(150));
            std::fs::write(file, text).unwrap();
            now()
        });
        // Two animation frames after the word is in the page it is on the screen.
        let seen = browser.run_async(&format!(
            "const has = () => [...document.querySelectorAll('.screen iframe')].some(frame =>
                 !frame.classList.contains('coming') && frame.contentDocument?.body?.textContent.includes('{word}'));
             const frame = () => new Promise(requestAnimationFrame);
             for (let n = 0; n < 3000 && !has(); n++) await new Promise(done => setTimeout(done, 1));
             await frame(); await frame();
             return performance.timeOrigin + performance.now();"
        ));
        let written = writer.join().unwrap();
        // The first round warms everything up.
        if save > 0 {
            times.push(seen.as_f64().unwrap() - written);
        }
    }
    times.sort_by(f64::total_cmp);
    eprintln!(
        "from a save to pixels: {:.0} ms (median of {SAVES}), {:.0} to {:.0} ms",
        times[SAVES / 2],
        times[0],
        times[SAVES - 1]
    );
}

#[test]
#[ignore = "a benchmark: bench/pixels runs it"]
fn from_a_change_at_the_desk_to_pixels() {
    let Some(browser) = Browser::start() else { return };
    let test = Test::new().sample().composed();
    let preview = Preview::start_in(&test.path(""), "");
    browser.size(1440, 1000);
    browser.open(&preview.desk());
    browser.until("document.querySelector('#news .open') && document.querySelector('.screen iframe:not(.coming)')");
    let mut times: Vec<f64> = Vec::new();
    for change in 0..=SAVES {
        let word = format!("changed{change}word");
        // From leaving the box to the second frame that shows its words in the mail.
        let took = browser.run_async(&format!(
            "const box = document.querySelector('#head [data-field=intro]');
             const has = () => [...document.querySelectorAll('.screen iframe')].some(frame =>
                 !frame.classList.contains('coming') && frame.contentDocument?.body?.textContent.includes('{word}'));
             const frame = () => new Promise(requestAnimationFrame);
             await new Promise(done => setTimeout(done, 150));
             box.value = '{word} in the intro.';
             box.dispatchEvent(new Event('input'));
             const begun = performance.now();
             box.dispatchEvent(new Event('change'));
             for (let n = 0; n < 3000 && !has(); n++) await new Promise(done => setTimeout(done, 1));
             await frame(); await frame();
             return performance.now() - begun;"
        ));
        if change > 0 {
            times.push(took.as_f64().unwrap());
        }
    }
    times.sort_by(f64::total_cmp);
    eprintln!(
        "from a change at the desk to pixels: {:.0} ms (median of {SAVES}), {:.0} to {:.0} ms",
        times[SAVES / 2],
        times[0],
        times[SAVES - 1]
    );
}

/// Milliseconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1000.0
}

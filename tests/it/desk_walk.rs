//! The desk in a real browser: an editor's week from draft to approval, by keyboard and without dragging, in a wide window and in
//! one as narrow as a phone; words that survive a reload; and a text editor at work on the same draft. axe-core finds nothing.

use crate::access::{axe, findings};
use crate::browser::{Browser, key};
use crate::house::{ISSUE, Test};
use crate::preview::Preview;

/// Both the words and the mail are shown.
const READY: &str = "document.querySelectorAll('#news > li').length > 0 && document.querySelector('.screen iframe:not(.coming)') \
                     && document.getElementById('standing').textContent";

/// A frame of the mail is visible in its full height.
const SEEN: &str = "[...document.querySelectorAll('.screen iframe:not(.coming)')].filter(frame => frame.offsetParent).length === 1 \
                    && [...document.querySelectorAll('.screen iframe:not(.coming)')].find(frame => frame.offsetParent).clientHeight > 600";

struct Walk {
    browser: Browser,
    axe: String,
    preview: Preview,
    test: Test,
}

impl Walk {
    fn start(test: Test, width: u32) -> Option<Self> {
        let (axe, browser) = (axe()?, Browser::start()?);
        let preview = Preview::start(&test, "");
        browser.size(width, 900);
        let walk = Self { browser, axe, preview, test };
        walk.open();
        Some(walk)
    }

    fn open(&self) {
        self.browser.open(&self.preview.desk());
        self.browser.until(READY);
    }

    /// axe-core finds nothing, and nothing scrolls sideways.
    #[track_caller]
    fn sound(&self, at: &str) {
        let found = findings(&self.browser, &self.axe);
        assert!(found.is_empty(), "{at}:\n{}", found.join("\n"));
        let wide =
            self.browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth;");
        assert_eq!(wide, 0, "{at} scrolls sideways");
    }

    fn titles(&self) -> Vec<String> {
        let all =
            self.browser.run("return [...document.querySelectorAll('#news .open')].map(open => open.textContent);");
        all.as_array().unwrap().iter().map(|title| title.as_str().unwrap().to_owned()).collect()
    }

    /// Presses the button with this label, in the nth story if given.
    #[track_caller]
    fn push(&self, within: &str, words: &str) {
        let pushed = self.browser.run(&format!(
            "const all = [...document.querySelectorAll(`{within} button`)].filter(one => one.offsetParent && one.textContent === `{words}`);
             if (all.length) all[0].click();
             return all.length;"
        ));
        assert_ne!(pushed, 0, "no button `{words}` in {within}");
    }

    #[track_caller]
    fn told(&self, words: &str) {
        self.browser.until(&format!("document.getElementById('told').textContent.includes(`{words}`)"));
    }

    fn focused(&self) -> String {
        self.browser.run("return document.activeElement.textContent;").as_str().unwrap().to_owned()
    }

    /// Puts the caret into a field, with all its words selected.
    fn enter(&self, within: &str, field: &str) {
        self.browser.run(&format!(
            "const box = document.querySelector(`{within} [data-field=\"{field}\"]`); box.focus(); box.select();"
        ));
    }

    /// Waits until the mail shows the words.
    #[track_caller]
    fn mail_says(&self, words: &str) {
        self.browser.until(&format!(
            "[...document.querySelectorAll('.screen iframe:not(.coming)')].some(frame => frame.contentDocument.body.textContent.includes(`{words}`))"
        ));
    }
}

/// A draft with something to fix: a link with tracking parameters.
fn drafted() -> Test {
    let test = Test::new().sample().subscribers(2).composed();
    test.edit(|draft| draft["news"][2]["url"] = toml_edit::value("https://a.example/x?utm_source=us&page=2"));
    test
}

fn week_of_an_editor(width: u32) {
    let Some(walk) = Walk::start(drafted(), width) else { return };
    walk.sound("the desk");
    words_are_written(&walk, width < 1100);
    subject_is_chosen(&walk);
    stories_come_and_go(&walk);
    a_finding_is_mended(&walk);
    it_is_approved(&walk);
}

/// By the keyboard from the list into a field; by a click from the mail.
fn words_are_written(walk: &Walk, narrow: bool) {
    let browser = &walk.browser;
    let first = walk.titles();
    // Words: by the keyboard from the list into a field, saved by Enter.
    browser.run("document.querySelector('#news .open').focus();");
    browser.press(&[key::DOWN]);
    assert_eq!(walk.focused(), first[1], "arrow keys choose");
    browser.press(&[key::ALT, key::UP]);
    walk.told("Moved to place 1");
    assert_eq!(walk.titles()[..2], [first[1].clone(), first[0].clone()]);
    assert_eq!(walk.focused(), first[1], "the focus goes along");
    browser.press(&[key::ENTER]);
    browser.until("!document.querySelector('#news .body').hidden");
    walk.sound("an open story");
    walk.enter("#news li:first-child", "title");
    browser.type_in("Our words on it");
    browser.press(&[key::ENTER]);
    walk.told("Saved");
    assert!(walk.test.draft().contains("title = \"Our words on it\""));
    if narrow {
        assert_eq!(browser.run("return document.querySelector('.look').offsetParent === null"), true, "one at a time");
        walk.push(".sides", "Look");
        browser.until("document.querySelector('.look').offsetParent !== null");
        walk.mail_says("Our words on it");
        walk.browser.until(SEEN);
        walk.sound("the mail on a phone");
        walk.push(".sides", "Edit");
    }
    walk.mail_says("Our words on it");
    if !narrow {
        // Each width is there when it is chosen.
        for width in ["phone", "desktop"] {
            browser.run(&format!("document.querySelector('[name=width][value={width}]').click();"));
            browser.until(SEEN);
        }
    }
    // A click on the mail's own words opens them.
    browser.run(
        "const mail = document.querySelector('.screen iframe:not(.coming)').contentDocument;
         [...mail.querySelectorAll('h1,h2,h3,h4')].find(head => head.textContent.trim() === 'Our words on it').click();",
    );
    browser.until("document.activeElement.dataset.field === 'title'");
}

/// The subject: one of those suggested.
fn subject_is_chosen(walk: &Walk) {
    let browser = &walk.browser;
    walk.push("#head", "Suggest subjects");
    browser.until("document.querySelectorAll('#suggestions button').length > 0");
    walk.sound("suggestions");
    let wish = browser.run("const all = document.querySelectorAll('#suggestions li'); const one = all[all.length - 1]; one.querySelector('button').click(); return one.querySelector('b').textContent;");
    browser.until(&format!("document.querySelector('[data-field=subject]').value === `{}`", wish.as_str().unwrap()));
    walk.told("Saved");
}

/// One goes to the bench, another one comes from there, and one is the editor's own.
fn stories_come_and_go(walk: &Walk) {
    let browser = &walk.browser;
    walk.push("#news li:first-child", "Pin");
    walk.told("Pinned");
    walk.browser.run("document.querySelectorAll('#news .open')[3].click();");
    walk.push("#news li:nth-child(4)", "To the bench");
    walk.told("Moved to the bench");
    browser.run("document.getElementById('candidates-drawer').open = true;");
    browser.until("document.querySelectorAll('#candidates-list li').length > 1");
    walk.sound("the drawer");
    browser.run("const box = document.getElementById('candidates-search'); box.value = 'nothing is called so'; box.dispatchEvent(new Event('input'));");
    browser.until("document.querySelectorAll('#candidates-list li').length === 0");
    browser.run(
        "const box = document.getElementById('candidates-search'); box.value = ''; box.dispatchEvent(new Event('input'));",
    );
    let back = browser.run("const row = document.querySelectorAll('#candidates-list li')[1]; row.querySelector('button').click(); return row.querySelector('p').textContent;");
    walk.told("Moved to place");
    assert!(walk.titles().contains(&back.as_str().unwrap().to_owned()), "{back}");
    browser.run(
        "document.getElementById('adding').open = true; document.getElementById('add-title').value = 'A note from us';",
    );
    browser.run("document.getElementById('add-link').value = 'https://ours.example/note';");
    walk.sound("adding a story");
    walk.push("#adding", "Add the story");
    walk.told("Added “A note from us”");
}

/// A button fixes a finding beside its story; the change is shown; undo and redo by keyboard.
fn a_finding_is_mended(walk: &Walk) {
    let browser = &walk.browser;
    browser.until("[...document.querySelectorAll('#news button')].some(one => one.textContent === 'Clean the link')");
    walk.sound("findings");
    walk.push("#news", "Clean the link");
    walk.told("Saved");
    assert!(walk.test.draft().contains("\"https://a.example/x?page=2\""), "{}", walk.test.draft());
    // What changed, as a reader sees it.
    browser.run("document.querySelector('#compare details').open = true;");
    browser.until("document.querySelectorAll('#changes > li').length > 3");
    assert!(
        browser
            .run("return document.getElementById('changes').textContent")
            .as_str()
            .unwrap()
            .contains("Our words on it")
    );
    walk.sound("what changed");
    // Undo and redo by the keys.
    let edited = walk.test.draft();
    browser.run("document.querySelector('#news .open').focus();");
    browser.press(&[key::CONTROL, "z"]);
    walk.told("Undone: set");
    assert!(!walk.test.draft().contains("\"https://a.example/x?page=2\""));
    browser.press(&[key::CONTROL, key::SHIFT, "z"]);
    walk.told("Redone: set");
    assert_eq!(walk.test.draft(), edited);
}

/// A test, then the approval: both ask once more.
fn it_is_approved(walk: &Walk) {
    let browser = &walk.browser;
    walk.push("#acts", "Send a test…");
    browser.run("document.getElementById('test-to').value = 'ann@inbox.example';");
    walk.sound("the question before a test");
    walk.push("dialog", "Send the test");
    walk.told("A test copy is in the outbox");
    walk.push("#acts", "Approve…");
    walk.sound("the question before an approval");
    walk.push("dialog", "Approve");
    assert_eq!(walk.test.run(&format!("status {ISSUE} --format json")).json()["state"], "draft", "not without a name");
    browser.run("document.getElementById('approve-by').value = 'Ann';");
    walk.push("dialog", "Approve");
    browser.until("document.getElementById('standing').textContent === 'Approved by Ann'");
    walk.sound("approved");
    browser.prefers("dark");
    walk.sound("approved, in the dark");
    assert_eq!(walk.test.run(&format!("status {ISSUE} --format json")).json()["approved_by"], "Ann");
    walk.push("#acts", "Take back");
    browser.until("document.getElementById('standing').textContent === 'Draft'");
}

#[test]
fn from_draft_to_approval_in_a_wide_window() {
    week_of_an_editor(1280);
}

#[test]
fn from_draft_to_approval_on_a_phone() {
    week_of_an_editor(375);
}

#[test]
fn words_that_are_not_saved_survive_a_reload_and_somebody_elses_are_shown_beside_them() {
    let Some(walk) = Walk::start(drafted(), 1280) else { return };
    let browser = &walk.browser;
    browser.run("document.querySelector('#news .open').click();");
    walk.enter("#news li:first-child", "summary");
    browser.type_in("Half a tho");
    walk.open();
    browser.run("document.querySelector('#news .open').click();");
    browser.until("document.querySelector('#news [data-field=summary]').value === 'Half a tho'");
    assert!(!walk.test.draft().contains("Half a tho"), "a reload saves nothing");
    // Meanwhile somebody writes in the file.
    walk.test.edit(|draft| draft["news"][0]["summary"] = toml_edit::value("From a text editor."));
    walk.test.edit(|draft| draft["news"][1]["note"] = toml_edit::value("Theirs, elsewhere."));
    browser.until("document.querySelectorAll('#news .meta')[1].textContent.includes('has a note')");
    assert_eq!(
        browser.run("return document.querySelector('#news [data-field=summary]').value"),
        "Half a tho",
        "what one writes stays"
    );
    walk.enter("#news li:first-child", "summary");
    browser.press(&[key::CONTROL, key::ENTER]);
    browser.until("document.querySelector('.conflict blockquote')?.textContent === 'From a text editor.'");
    walk.sound("a conflict");
    assert!(walk.test.draft().contains("From a text editor.") && !walk.test.draft().contains("Half a tho"));
    walk.push(".conflict", "Keep mine");
    walk.told("Saved");
    browser.until("!document.querySelector('.conflict')");
    assert!(walk.test.draft().contains("summary = \"Half a tho\"") && walk.test.draft().contains("Theirs, elsewhere."));
    assert_eq!(browser.run("return Object.keys(localStorage).length"), 0, "nothing is kept that is saved");
    // A broken file is reported with its line; once mended, the words come back.
    let whole = walk.test.draft();
    walk.test.write(&format!("issues/{ISSUE}/issue.toml"), &whole.replacen("\n[[news]]", "\n[[news]", 1));
    browser.until("document.getElementById('parts').hidden && document.getElementById('refused').textContent.includes('issue.toml:')");
    browser.run("document.getElementById('tab-draft').click();");
    browser.until("document.querySelector('#draft .said.error')");
    let shown = browser.run("return document.getElementById('draft').textContent.includes('[[news]id') || [...document.querySelectorAll('#draft li')].some(line => line.textContent.startsWith('[[news]') && !line.textContent.startsWith('[[news]]'))");
    assert_eq!(shown, true, "the file as it is, not as it was");
    assert_eq!(browser.run("return [...document.querySelectorAll('.last')].every(one => one.hidden)"), true);
    walk.sound("a broken draft");
    walk.test.write(&format!("issues/{ISSUE}/issue.toml"), &whole);
    browser.until("!document.getElementById('parts').hidden && document.getElementById('refused').textContent === ''");
}

#[test]
fn a_title_that_is_a_script_is_text() {
    let test = drafted();
    test.edit(|draft| {
        draft["news"][0]["title"] = toml_edit::value("<img src=x onerror=\"document.title='stolen'\"><b>bold</b>");
    });
    test.edit(|draft| draft["news"][0]["why"] = toml_edit::value("</p><script>document.title = 'stolen'</script>"));
    let Some(walk) = Walk::start(test, 1280) else { return };
    walk.browser.run("document.querySelector('#news .open').click();");
    walk.browser.run("document.querySelector('#compare details').open = true;");
    walk.browser.until("document.querySelectorAll('#changes > li').length > 0");
    assert!(walk.titles()[0].starts_with("<img src=x"));
    assert_eq!(
        walk.browser.run("return document.querySelectorAll('#editor img, #editor b b, #editor script').length"),
        0
    );
    assert!(walk.browser.run("return document.title").as_str().unwrap().contains(ISSUE));
    walk.sound("a title that is a script");
}

#[test]
fn a_link_in_a_letter_opens_the_question_and_nothing_more() {
    let Some(walk) = Walk::start(drafted(), 1280) else { return };
    walk.browser.open(&format!("{}?issue={ISSUE}&ask=approve", walk.preview.desk()));
    walk.browser.until("document.querySelector('dialog')?.textContent.includes('Approve this issue?')");
    assert_eq!(walk.browser.run("return location.search"), format!("?issue={ISSUE}"), "a reload does not ask again");
    assert_eq!(walk.test.run(&format!("status {ISSUE} --format json")).json()["state"], "draft");
}

#[test]
fn there_is_one_tab_stop_for_the_list_of_stories() {
    let Some(walk) = Walk::start(drafted(), 1280) else { return };
    let stops = "return [...document.querySelectorAll('#news .open')].filter(open => open.tabIndex === 0).length;";
    assert_eq!(walk.browser.run(stops), 1);
    walk.browser.run("document.querySelector('#news .open').focus();");
    walk.browser.press(&[key::DOWN]);
    walk.browser.press(&[key::TAB]);
    assert_eq!(walk.browser.run(stops), 1);
    let inside = walk
        .browser
        .run("return document.activeElement.closest('#news li') === document.querySelectorAll('#news li')[1];");
    assert_eq!(inside, true, "the next stop is the chosen story's own button");
}

#[test]
#[ignore = "writes the picture of the documentation: scripts/screenshots runs it"]
fn picture() {
    let browser = Browser::start().unwrap();
    let test = Test::new();
    test.run("demo shown").success();
    // Without its database the demo's issue is a draft again.
    std::fs::remove_dir_all(test.path("shown/data")).unwrap();
    let file = "shown/issues/2024-08-04-sunday/issue.toml";
    let draft = test.read(file);
    let (head, rest) = draft.split_once("\n[[news]]").unwrap();
    let (first, second) = rest.split_once("\nurl = \"").unwrap();
    let tracked = second.replacen('"', "?utm_source=newsletter\"", 1);
    test.write(file, &format!("{head}\n[[news]]{first}\nurl = \"{tracked}"));
    let preview = Preview::start_at(&test.path("shown"), "2024-08-03T05:00:00Z", "");
    browser.size(1280, 900);
    browser.open(&preview.desk());
    browser.until(READY);
    browser.until("[...document.querySelectorAll('#news button')].some(one => one.textContent === 'Clean the link')");
    browser.run("document.querySelector('#news .open').click();");
    browser.run(
        "window.scrollTo(0, document.querySelector('#part-news').getBoundingClientRect().top + window.scrollY - 120);",
    );
    browser.until("document.querySelector('.look').scrollTop > 0");
    browser.until(
        "document.querySelector('#news .field select').selectedOptions[0].textContent.startsWith('Rules for AI')",
    );
    std::fs::write(std::env::var_os("DIGEST_PICTURE").unwrap(), browser.view()).unwrap();
}

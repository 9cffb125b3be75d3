//! What the public pages offer besides leaving: one edition less, a pause, a lost link, a new address, an export of one's data; and
//! that the sentence on tracking is true.

use crate::house::{ISSUE, NOW};
use crate::pages::{ONE_CLICK, Serve, letters, mailed, path, publication, show};

#[test]
fn who_would_leave_may_stop_one_edition_or_pause_and_a_mail_programs_button_still_means_all() {
    let (test, unsubscribe, _) = mailed();
    let serve = Serve::start(&test);
    let page = serve.get(&unsubscribe);
    for offer in ["Unsubscribe from all", "Stop only", "value=\"midweek\"", "Pause for 30 days"] {
        assert!(page.body.contains(offer), "{offer}: {}", page.body);
    }
    assert!(
        serve
            .post(&unsubscribe, "action=edition&edition=midweek")
            .body
            .contains("You will not get this edition any more")
    );
    let reader = show(&test, "reader1@inbox.example");
    assert_eq!((&reader["status"], &reader["editions"]), (&"confirmed".into(), &serde_json::json!(["sunday"])));
    assert!(!serve.get(&unsubscribe).body.contains("Stop only"), "one edition is left");
    assert!(serve.post(&unsubscribe, "action=pause").body.contains("Paused for 30 days"));
    let reader = show(&test, "reader1@inbox.example");
    assert!(reader["paused_until"].as_str().unwrap().starts_with("2026-12-25"), "{reader}");
    assert_eq!(reader["acts"].as_array().unwrap().len(), 2, "each is on record: {reader}");
    let body = format!("{ONE_CLICK}&action=pause");
    assert!(serve.post(&unsubscribe, &body).body.contains("You are unsubscribed"));
    assert_eq!(show(&test, "reader1@inbox.example")["status"], "unsubscribed");
    for late in ["action=pause", "action=edition&edition=sunday"] {
        assert!(serve.post(&unsubscribe, late).body.contains("You are unsubscribed"), "{late}");
    }
}

#[test]
fn stopping_the_last_edition_is_leaving() {
    let (test, unsubscribe, _) = mailed();
    let serve = Serve::start(&test);
    for edition in ["midweek", "sunday"] {
        assert_eq!(serve.post(&unsubscribe, &format!("action=edition&edition={edition}")).status, 200);
    }
    assert_eq!(show(&test, "reader1@inbox.example")["status"], "unsubscribed");
}

#[test]
fn a_lost_link_is_mailed_to_its_owner_and_the_form_tells_nothing() {
    let test = publication().subscribers(1);
    let serve = Serve::start(&test);
    assert!(serve.get("/").body.contains("/lost"));
    let known = serve.post("/lost", "email=reader1%40inbox.example");
    let unknown = serve.post("/lost", "email=nobody%40inbox.example");
    assert_eq!((known.status, &known.body), (200, &unknown.body), "one answer for all");
    assert_eq!(serve.post("/lost", "email=nonsense").status, 422);
    let letter = letters(&test, 1).remove(0);
    assert_eq!(letter.to(), "reader1@inbox.example");
    let preferences = path(&letter.text(), "preferences");
    assert!(serve.get(&preferences).body.contains("reader1@inbox.example"));
    serve.post("/lost", "email=reader1%40inbox.example");
    serve.post("/subscribe", "email=reader1%2Btag%40inbox.example");
    serve.post("/subscribe", "email=other%40inbox.example");
    let all = letters(&test, 2);
    assert_eq!(all.len(), 2, "a mailbox has one letter an hour, of whichever kind");
    assert!(all.iter().any(|mail| mail.to() == "other@inbox.example"));
}

#[test]
fn an_address_is_changed_when_the_new_one_says_so_and_the_old_one_is_told() {
    let (test, unsubscribe, preferences) = mailed();
    let serve = Serve::start(&test);
    assert_eq!(serve.post(&preferences, "action=move&email=nonsense").status, 422);
    assert_eq!(serve.post(&preferences, "action=move&email=reader1%40inbox.example").status, 422, "it is that already");
    assert!(serve.post(&preferences, "action=move&email=new%40inbox.example").body.contains("on its way to the new"));
    let asked = letters(&test, 2);
    let link = path(&asked.iter().find(|mail| mail.to() == "new@inbox.example").unwrap().text(), "move");
    assert!(serve.get(&link).body.contains("Use this address"));
    assert_eq!(show(&test, "reader1@inbox.example")["status"], "confirmed", "looking moves nobody");
    assert!(serve.post(&link, "").body.contains("Your address is changed"));
    assert_eq!(serve.get(&link).status, 200, "and again");
    assert_eq!(show(&test, "new@inbox.example")["status"], "confirmed");
    assert_eq!(show(&test, "reader1@inbox.example")["status"], "unsubscribed", "no older list brings it back");
    let told = letters(&test, 3);
    let told = told.iter().find(|mail| mail.subject().contains("was changed")).unwrap();
    assert_eq!(told.to(), "reader1@inbox.example");
    assert_eq!(path(&told.text(), "preferences"), preferences, "the old link still works");
    assert_eq!(serve.post(&unsubscribe, ONE_CLICK).status, 200);
    assert_eq!(show(&test, "new@inbox.example")["status"], "unsubscribed", "so does the way out of older issues");
    assert_eq!(serve.get("/move/nonsense").status, 404);
}

#[test]
fn subscribers_can_download_what_is_kept_on_them() {
    let (test, _, preferences) = mailed();
    let serve = Serve::start(&test);
    let data = serve.post(&preferences, "action=data");
    assert_eq!((data.status, data.header("content-type")), (200, "application/json; charset=utf-8"));
    assert!(data.header("content-disposition").contains("attachment"));
    let told: serde_json::Value = serde_json::from_str(&data.body).unwrap();
    assert_eq!(told, show(&test, "reader1@inbox.example"));
    assert_eq!(told["deliveries"][0]["issue"], ISSUE);
}

#[test]
fn the_sentence_on_tracking_is_true_with_clicks_counted_and_without() {
    for (config, says, not) in [
        ("", "do not track opens or clicks", "how often"),
        ("[tracking]\nclicks = true\n", "links are clicked by all subscribers together", "opens or clicks"),
    ] {
        let test = publication().config(config);
        let serve = Serve::start_at(&test, NOW);
        let page = serve.get("/").body;
        assert!(page.contains(says) && !page.contains(not), "{config}: {page}");
    }
}

/// The names of the editions that are ticked on a page.
fn ticked(page: &str) -> Vec<&str> {
    let boxes = page.split("name=\"edition\" value=\"").skip(1).filter_map(|rest| rest.split_once('>'));
    boxes.filter(|(tag, _)| tag.contains(" checked")).filter_map(|(tag, _)| tag.split('"').next()).collect()
}

#[test]
fn a_refused_sign_up_keeps_what_was_typed_and_ticked() {
    let (test, _, _) = mailed();
    let serve = Serve::start(&test);
    assert_eq!(ticked(&serve.get("/").body), ["midweek", "sunday"]);
    for (sent, kept) in [
        ("email=broken&choice=1&edition=sunday", vec!["sunday"]),
        ("email=broken&choice=1&edition=sunday&edition=midweek", vec!["midweek", "sunday"]),
        ("email=broken&edition=midweek", vec!["midweek"]),
        ("email=broken&choice=1", vec![]),
        ("email=broken%40inbox.example&choice=1", vec![]),
        ("email=broken", vec!["midweek", "sunday"]),
    ] {
        let refused = serve.post("/subscribe", sent);
        assert_eq!((refused.status, ticked(&refused.body)), (422, kept), "{sent}");
        assert!(refused.body.contains("value=\"broken"), "{sent}: {}", refused.body);
        assert!(refused.body.contains("id=\"latest\""), "the newest issue is still there: {}", refused.body);
    }
}

#[test]
fn refused_preferences_keep_what_was_typed_and_say_which_days_would_do() {
    let (test, _, preferences) = mailed();
    let serve = Serve::start_at(&test, "2026-11-25T09:00:00Z");
    let refused = serve.post(&preferences, "action=save&name=Anna&edition=sunday&pause=2020-01-01");
    assert_eq!((refused.status, ticked(&refused.body)), (422, vec!["sunday"]));
    let page = refused.body;
    assert!(page.contains("value=\"Anna\"") && page.contains("value=\"2020-01-01\""), "{page}");
    assert!(page.contains("in the next twelve months, such as 25 February 2027."), "{page}");
    let page = serve.post(&preferences, "action=save&name=Anna&pause=").body;
    assert_eq!(ticked(&page), Vec::<&str>::new());
    let page = serve.post(&preferences, "action=move&email=ann-at-home").body;
    assert!(page.contains("value=\"ann-at-home\"") && page.contains("not a valid email address"), "{page}");
}

//! Anyone's spreadsheet: names of columns in many forms, and opt-outs that hide in them.

use super::*;

/// `STATUS` of each address that came in, `-` for a row that was left out, or what stopped the import.
fn states(text: &str, maps: &[&str]) -> Result<String, String> {
    let rows = rows("list.csv", text.as_bytes(), "a form", None, maps)?;
    let state = |row: &Result<SubscriberRow, Reject>| row.as_ref().map_or("-", |row| row.status.as_str());
    Ok(rows.iter().map(state).collect::<Vec<_>>().join(" "))
}

#[test]
fn an_opt_out_is_understood_in_whatever_column_and_language_it_stands() {
    for (text, expected) in [
        ("email,Unsubscribed\na@x.org,yes\nb@x.org,no\nc@x.org,\n", "unsubscribed confirmed confirmed"),
        ("email,opted_out\na@x.org,1\nb@x.org,0\n", "unsubscribed confirmed"),
        ("email,do_not_email\na@x.org,TRUE\nb@x.org,FALSE\n", "unsubscribed confirmed"),
        ("email,HasOptedOutOfEmail\na@x.org,true\nb@x.org,false\n", "unsubscribed confirmed"),
        ("email,Consent\na@x.org,no\nb@x.org,yes\nc@x.org,\n", "unsubscribed confirmed -"),
        ("email,Accepts Marketing\na@x.org,no\nb@x.org,yes\n", "unsubscribed confirmed"),
        ("email,Blocked\na@x.org,x\nb@x.org,\n", "unsubscribed confirmed"),
        ("email,Hard bounce\na@x.org,1\nb@x.org,0\n", "bounced confirmed"),
        ("email,Spam complaint\na@x.org,y\nb@x.org,n\n", "complained confirmed"),
        ("email,Unsubscribe date\na@x.org,2021-03-01\nb@x.org,\n", "unsubscribed confirmed"),
        ("E-Mail;Abgemeldet\na@x.org;ja\nb@x.org;nein\n", "unsubscribed confirmed"),
        ("E-Mail;Einwilligung\na@x.org;nein\nb@x.org;ja\n", "unsubscribed confirmed"),
        ("Courriel,Désabonné(e)\na@x.org,oui\nb@x.org,non\n", "unsubscribed confirmed"),
        ("Correo electrónico,Fecha de baja\na@x.org,12/05/2021\nb@x.org,\n", "unsubscribed confirmed"),
        ("email,Consentimento\na@x.org,não\nb@x.org,sim\n", "unsubscribed confirmed"),
        ("email,Disiscritto\na@x.org,sì\nb@x.org,no\n", "unsubscribed confirmed"),
        ("email,Uitgeschreven\na@x.org,ja\nb@x.org,nee\n", "unsubscribed confirmed"),
        ("email,Samtykke\na@x.org,nej\nb@x.org,ja\n", "unsubscribed confirmed"),
        ("email,Zgoda\na@x.org,nie\nb@x.org,tak\n", "unsubscribed confirmed"),
        ("email,Отписан\na@x.org,да\nb@x.org,нет\n", "unsubscribed confirmed"),
        ("email,配信停止\na@x.org,はい\nb@x.org,いいえ\n", "unsubscribed confirmed"),
        ("email,退订\na@x.org,是\nb@x.org,否\n", "unsubscribed confirmed"),
        ("email,Status\na@x.org,Opted Out\nb@x.org,Subscribed\nc@x.org,Cleaned\n", "unsubscribed confirmed bounced"),
        ("email,Status\na@x.org,abgemeldet\nb@x.org,aktiv\nc@x.org,ausstehend\n", "unsubscribed confirmed pending"),
        ("email,Statut\na@x.org,désabonné\nb@x.org,inscrit\n", "unsubscribed confirmed"),
        // Whatever its heading, a column of such words says where they stand.
        ("email,Kind of member\na@x.org,unsubscribed\nb@x.org,subscribed\n", "unsubscribed confirmed"),
        ("email,State\na@x.org,CA\nb@x.org,NY\n", "confirmed confirmed"),
        ("email,State\na@x.org,cancelled\nb@x.org,active\n", "unsubscribed confirmed"),
        // The worst that any column says counts.
        ("email,Status,Unsubscribed\na@x.org,active,yes\nb@x.org,bounced,no\n", "unsubscribed bounced"),
        ("email,Confirmed\na@x.org,no\nb@x.org,yes\n", "pending confirmed"),
    ] {
        assert_eq!(states(text, &[]).as_deref(), Ok(expected), "{text:?}");
    }
}

#[test]
fn a_column_that_may_be_an_opt_out_and_is_not_understood_stops_the_import() {
    for (text, column) in [
        ("email,Unsubscribed\na@x.org,perhaps\nb@x.org,no\n", "Unsubscribed"),
        ("email,Kontakt erlaubt\na@x.org,nur telefonisch\n", "Kontakt erlaubt"),
        ("email,Consentement\na@x.org,partiel\n", "Consentement"),
        ("email,Email status\na@x.org,7\n", "Email status"),
        ("email,Remarks\na@x.org,unsubscribed\nb@x.org,likes cats\n", "Remarks"),
        ("email,配信停止\na@x.org,たぶん\n", "配信停止"),
    ] {
        let told = states(text, &[]).expect_err(text);
        assert!(told.contains(&format!("`{column}` may say who opted out")) && told.contains("--map"), "{told}");
        let kept = states(text, &[&format!("{column}=field")]).expect("a list");
        assert!(!kept.contains("unsubscribed"), "{kept}");
    }
    let all = states("email,Unsubscribed,Consent given\na@x.org,perhaps,partly\n", &[]).expect_err("two columns");
    assert!(all.contains("`Unsubscribed`") && all.contains("`Consent given`"), "{all}");
}

#[test]
fn a_hint_settles_what_is_not_understood() {
    let text = "email,Kontakt\na@x.org,weg\nb@x.org,\nc@x.org,nein\n";
    assert_eq!(states(text, &["Kontakt=opted_out"]).as_deref(), Ok("unsubscribed confirmed confirmed"));
    let text = "email,Status\na@x.org,confirmed\nb@x.org,weg\n";
    assert_eq!(states(text, &[]).as_deref(), Ok("confirmed -"), "a word that is not known lets nobody in");
    assert_eq!(states(text, &["Status:weg=complained"]).as_deref(), Ok("confirmed complained"));
    assert_eq!(states("email\na@x.org\n", &["*=bounced"]).as_deref(), Ok("bounced"));
    for wrong in ["nope", "Status=gone", "*=gone", "*=email", "Nowhere=field", "Nowhere:x=pending"] {
        assert!(states(text, &[wrong]).expect_err(wrong).contains("--map"), "{wrong}");
    }
    assert!(
        rows("list.csv", b"email\n", "x", Some("mailgun"), &[])
            .expect_err("no service")
            .contains("mailchimp, substack")
    );
}

#[test]
fn a_file_that_is_named_after_those_who_left_is_asked_about() {
    for name in ["unsubscribed.csv", "2021 opt-outs/Bounced contacts.csv", "abgemeldet_2021.csv"] {
        let told = rows(name, b"email,name\na@x.org,A\n", "a form", None, &[]).expect_err(name);
        assert!(told.contains("the file's name says") && told.contains("*=unsubscribed"), "{told}");
        assert!(rows(name, b"email,name\na@x.org,A\n", "a form", None, &["*=bounced"]).is_ok());
    }
    assert!(
        rows("bounced/members.csv", b"email,name\na@x.org,A\n", "a form", None, &[]).is_ok(),
        "a folder is not the file"
    );
}

#[test]
fn names_and_odd_columns_are_kept() {
    let text = "Email Address,First Name,Last Name,home.town,E-MAIL FORMAT,,\nann@x.org,Ann,Lee,Oslo,html,,\nbob@x.org,,Lee,,,,\n";
    let rows = rows("list.csv", text.as_bytes(), "a form", None, &[]).expect("a list");
    let ann = rows[0].as_ref().expect("a row");
    assert_eq!(ann.name.as_deref(), Some("Ann Lee"));
    let fields: Vec<String> = ann.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(fields, ["E-MAIL FORMAT=html", "First Name=Ann", "Last Name=Lee", "home.town=Oslo"]);
    assert_eq!(rows[1].as_ref().expect("a row").name.as_deref(), Some("Lee"));
}

#[test]
fn a_column_shows_which_number_of_a_date_is_the_day() {
    let created = |text: &str| {
        let rows = rows("list.csv", text.as_bytes(), "a form", None, &[]).expect("a list");
        rows[0].as_ref().expect("a row").created.expect("a date").to_rfc3339()
    };
    assert!(created("email,Created\na@x.org,03/04/2021\nb@x.org,03/28/2021\n").starts_with("2021-03-04"));
    assert!(created("email,Created\na@x.org,03/04/2021\nb@x.org,28/03/2021\n").starts_with("2021-04-03"));
}

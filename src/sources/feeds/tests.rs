//! Feeds of every form, whole and broken: what they give, and what is told.

mod wild;

use chrono::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::model::Published;

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 25, 6, 0, 0).unwrap()
}

fn origin() -> Origin<'static> {
    Origin { source: Some("Wire"), topics: &[], base: None, charset: None, now: now(), latest: now() }
}

fn read(bytes: impl AsRef<[u8]>) -> Reading {
    read_feed(Path::new("wire"), bytes.as_ref(), &origin()).unwrap()
}

fn rss(inside: &str) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>The Wire</title><link>https://wire.example/</link>{inside}</channel></rss>"
    )
}

fn item(inside: &str) -> String {
    rss(&format!(
        "<item><title>One</title><link>https://wire.example/1</link><pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate>{inside}</item>"
    ))
}

#[track_caller]
fn only(bytes: impl AsRef<[u8]>) -> Item {
    let reading = read(bytes);
    assert_eq!(reading.items.len(), 1, "{reading:#?}");
    reading.items[0].item.clone()
}

fn told(reading: &Reading) -> String {
    crate::model::Notices(reading.notices.clone()).to_string()
}

#[test]
fn every_kind_of_feed_gives_its_items() {
    let rdf = r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel><title>The Wire</title></channel><item rdf:about="x"><title>One</title><link>https://wire.example/1</link>
        <dc:date>2026-11-24T09:00:00Z</dc:date><description>It is so.</description></item></rdf:RDF>"#;
    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>The Wire</title><link rel="self" href="https://wire.example/feed"/>
        <entry><title>One</title><link rel="enclosure" href="https://wire.example/1.mp3"/><link href="https://wire.example/1"/>
        <published>2026-11-24T09:00:00Z</published><updated>2026-11-25T01:00:00Z</updated><summary type="html">It &lt;b&gt;is&lt;/b&gt; so.</summary>
        <source><title>Elsewhere</title><link href="https://elsewhere.example/"/></source></entry></feed>"#;
    let atom_by_prefix = r#"<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>The Wire</a:title><a:entry><a:title>One</a:title>
        <a:link href="https://wire.example/1"/><a:updated>2026-11-24T09:00:00Z</a:updated>
        <a:content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><script>bad()</script><p>It <em>is</em> so.</p></div></a:content></a:entry></a:feed>"#;
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"The Wire","items":[{"id":7,"url":"https://wire.example/1",
        "title":"One","content_html":"<p>It <em>is</em> so.</p>","date_published":"2026-11-24T09:00:00Z"}]}"#;
    let old = "<rss version=\"0.91\"><channel><title>The Wire</title><item><title>One</title><link>https://wire.example/1</link>\
               <description>It is so.</description><pubDate>24 Nov 2026 09:00 +0000</pubDate></item></channel></rss>";
    for feed in [rdf, atom, atom_by_prefix, json, old] {
        let reading = read(feed);
        assert_eq!((reading.title.as_str(), reading.entries), ("The Wire", 1), "{feed}");
        let item = only(feed);
        assert_eq!(
            (item.title.as_str(), item.summary.as_str(), item.source.as_str()),
            ("One", "It is so.", "Wire"),
            "{feed}"
        );
        assert_eq!(item.url.as_deref(), Some("https://wire.example/1"), "{feed}");
        assert_eq!(item.published, Published::parse("2026-11-24T09:00:00Z").unwrap(), "{feed}");
        assert_eq!(item.id, "2b9f251953c0", "one id, whatever the form: {feed}");
    }
}

#[test]
fn titles_become_clean_text_decoded_once() {
    for (kind, raw, clean) in [
        ("", "AT&amp;T &amp;amp; co", "AT&T & co"),
        ("", "&lt;b&gt;Big&lt;/b&gt; news", "Big news"),
        ("", "<b>Big</b> news", "Big news"),
        ("", "<![CDATA[Big &amp; <i>small</i>]]>", "Big & small"),
        ("", "Vec&lt;String&gt; is the &lt;dialog&gt; of 1 &lt; 2", "Vec<String> is the <dialog> of 1 < 2"),
        ("", "One&lt;script&gt;alert(1)&lt;/script&gt; two", "One two"),
        ("", "a\r\nBcc: b\u{202e}c\u{200b}d", "a Bcc: bcd"),
        ("", "&amp;#x202E;turned", "turned"),
        ("", "Caf&eacute; &hellip;", "Café …"),
        ("", "R&D and B&B", "R&D and B&B"),
        ("", "a < b and c", "a < b and c"),
        (" type=\"text\"", "The &amp;amp; sign", "The &amp; sign"),
        (" type=\"html\"", "&amp;lt;p&amp;gt; is a tag", "<p> is a tag"),
        ("", "&#226;&#128;&#153;", "’"),
    ] {
        let feed = item("").replace("<title>One</title>", &format!("<title{kind}>{raw}</title>"));
        assert_eq!(only(feed).title, clean, "{raw}");
    }
}

#[test]
fn links_are_http_whole_and_without_trackers() {
    for (link, url) in [
        ("<link>/2?utm_source=rss&amp;id=3</link>", Some("https://wire.example/2?id=3")),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>data:text/html,x</link>", None),
        ("<link>https://user:secret@wire.example/</link>", None),
        ("<link/><guid>https://wire.example/g</guid>", Some("https://wire.example/g")),
        (
            "<guid isPermaLink=\"false\">https://wire.example/g</guid><enclosure url=\"https://wire.example/e.mp3\"/>",
            Some("https://wire.example/e.mp3"),
        ),
        (
            "<enclosure url=\"https://wire.example/e.mp3\"/><link>https://wire.example/3</link>",
            Some("https://wire.example/3"),
        ),
        (
            "<link>https://proxy.example/x</link><f:origLink xmlns:f=\"x\">https://wire.example/4</f:origLink>",
            Some("https://wire.example/4"),
        ),
        ("<link xml:base=\"https://other.example/a/\">b</link>", Some("https://other.example/a/b")),
        ("<link>javascript:alert(1)</link><guid>https://wire.example/g</guid>", Some("https://wire.example/g")),
    ] {
        let feed = item("").replace("<link>https://wire.example/1</link>", link);
        assert_eq!(only(feed).url.as_deref(), url, "{link}");
    }
}

#[test]
fn undated_items_count_from_the_reading() {
    let seen = Published::At(now().fixed_offset());
    for date in ["", "<pubDate>soon</pubDate>", "<pubDate>0001-01-01</pubDate>"] {
        let feed = item("").replace("<pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate>", date);
        let reading = read(&feed);
        assert!(reading.items[0].dated == Dated::Not && reading.items[0].item.published == seen, "{date}");
        assert!(!reading.notices.is_empty(), "{date}");
    }
    let built = item("")
        .replace("<pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate>", "")
        .replace("<item>", "<lastBuildDate>Mon, 23 Nov 2026 10:00:00 GMT</lastBuildDate><item>");
    assert_eq!(only(built).published, Published::parse("2026-11-23T10:00:00Z").unwrap());
}

#[test]
fn a_date_to_come_is_believed_as_far_as_clocks_and_zones_explain_it() {
    let seen = Published::At(now().fixed_offset());
    let given = |hours: i64| (now() + chrono::TimeDelta::hours(hours)).to_rfc2822();
    let dated = |dates: &str| read(item("").replace("<pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate>", dates));
    for (hours, expected) in
        [(-1, Dated::Itself), (1, Dated::Not), (14, Dated::Not), (15, Dated::Doubted), (30_000, Dated::Doubted)]
    {
        let reading = dated(&format!("<pubDate>{}</pubDate>", given(hours)));
        assert_eq!(reading.items[0].dated, expected, "{hours} hours ahead");
        assert_eq!(reading.items[0].item.published == seen, hours > 0, "{hours} hours ahead");
        let told = reading.notices.iter().any(|notice| notice.message.contains("in the future"));
        assert_eq!(told, expected == Dated::Doubted, "{hours} hours ahead: {:?}", reading.notices);
    }
    let other = dated(
        "<pubDate>Tue, 01 Jan 2030 09:00:00 GMT</pubDate><atom:updated xmlns:atom=\"http://www.w3.org/2005/Atom\">2026-11-20T09:00:00Z</atom:updated>",
    );
    assert_eq!(
        (other.items[0].dated, other.items[0].item.published),
        (Dated::Itself, Published::parse("2026-11-20T09:00:00Z").unwrap())
    );
    assert!(
        other.notices[0].message.contains("2030-01-01T09:00:00Z, which is in the future; its other date"),
        "{:?}",
        other.notices
    );
}

#[test]
fn scores_come_from_any_vocabulary_and_stay_in_their_range() {
    let cases = [
        ("<d:score xmlns:d=\"https://almanac.example/ns\">7.5</d:score>", Some(7.5)),
        ("<score>11</score>", None),
        ("<score>NaN</score>", None),
        ("<score> 8 </score>", Some(8.0)),
    ];
    for (score, value) in cases {
        assert_eq!(only(item(score)).score, value, "{score}");
    }
    for (score, value) in
        [(r#""score":6.5"#, Some(6.5)), (r#""_digest":{"score":9}"#, Some(9.0)), (r#""score":"high""#, None)]
    {
        let feed = format!(
            r#"{{"version":"https://jsonfeed.org/version/1","items":[{{"title":"One","url":"https://wire.example/1",{score}}}]}}"#
        );
        assert_eq!(only(feed).score, value, "{score}");
    }
}

#[test]
fn summaries_end_with_a_sentence_and_stay_text() {
    let summary = |raw: &str| only(item(&format!("<description>{raw}</description>"))).summary;
    let long = "Dr. Ann of the U.S. lab wrote it, e.g. in part. ".to_owned() + &"Then more came of it. ".repeat(100);
    let cut = summary(&long);
    assert!(cut.starts_with("Dr. Ann") && cut.ends_with("came of it.") && cut.chars().count() < 700, "{cut}");
    assert_eq!(cut.matches(". ").count(), 4 + 3, "five sentences, three short forms inside: {cut}");
    assert_eq!(
        summary("[Click](https://evil.example) *now* &lt;b&gt;or&lt;/b&gt; # never"),
        "[Click](https://evil.example) *now* or # never"
    );
    assert_eq!(summary("# not a heading"), "# not a heading");
    assert_eq!(summary("snake_case stays, _this_ too"), "snake_case stays, _this_ too");
    assert_eq!(summary("One"), "", "a summary that repeats the title says nothing");
    assert_eq!(summary("It is. The post One appeared first on The Wire."), "It is.");
    assert_eq!(summary(&"x".repeat(5_000)).chars().count(), 700);
    assert_eq!(summary("模型发布了。很快！"), "模型发布了。很快！");
}

#[test]
fn what_is_whole_of_a_cut_feed_counts() {
    let two = rss(
        "<item><title>One</title><link>https://wire.example/1</link></item><item><title>Two</title><link>https://wire.example/2</link></item>",
    );
    let at = two.find("<title>Two").unwrap() + 9;
    let reading = read(&two[..at]);
    assert_eq!((reading.entries, reading.items.len()), (2, 1), "{reading:#?}");
    assert!(told(&reading).contains("is incomplete; it was refused"), "{}", told(&reading));
    let json = r#"{"version":"https://jsonfeed.org/version/1","title":"W","items":[{"title":"One","url":"https://wire.example/1"},{"title":3,,},"x",
        {"title":"Two","url":"https://wire.example/2"},{"title":"Three","url":"htt"#;
    let reading = read(json);
    assert_eq!((reading.title.as_str(), reading.items.len()), ("W", 2), "{reading:#?}");
    for why in ["not valid JSON", "must be an object", "breaks off"] {
        assert!(told(&reading).contains(why), "{why}: {}", told(&reading));
    }
}

#[test]
fn crossed_unclosed_and_unquoted_things_are_forgiven() {
    let crossed = rss("<item><title>One</item><item><title>Two</title><link>https://wire.example/2</link></b></item>");
    let titles: Vec<String> = read(&crossed).items.into_iter().map(|fed| fed.item.title).collect();
    assert_eq!(titles, ["One", "Two"]);
    let inside = rss("<item><title>One</title><item><title>Two</title></item>");
    assert_eq!(read(&inside).items.len(), 2, "an item that was never closed");
    let junk = format!("\n  Warning: no database\n{}", item(""));
    assert_eq!(only(junk).title, "One");
}

#[test]
fn entities_of_the_document_are_not_expanded() {
    let laughs = "<!DOCTYPE rss [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let feed = format!("{laughs}{}", item("").replace("One", "So &b;&x;funny"));
    let reading = read(&feed);
    assert_eq!(reading.items[0].item.title, "So funny");
    assert!(
        told(&reading).contains("they were not expanded") && told(&reading).contains("only it defines"),
        "{}",
        told(&reading)
    );
}

#[test]
fn limits_hold() {
    let deep = item(&"<x>".repeat(100_000));
    assert!(told(&read(deep)).contains("more than 256 nested elements"));
    let many = rss(&"<item><title>One</title></item>".repeat(1_500));
    let reading = read(many);
    assert_eq!(reading.items.len(), 1_000);
    assert!(told(&reading).contains("more than 1000 items"), "{}", told(&reading));
    let long = item("").replace("One", &"word ".repeat(1_000_000));
    assert!(only(long).title.chars().count() <= 500);
    let large = vec![b' '; UNPACKED + 1];
    assert!(read_feed(Path::new("wire"), &large, &origin()).is_err());
    let stray = rss(&"</a>".repeat(1_000_000));
    assert!(told(&read(stray)).lines().count() < 10);
}

#[test]
fn what_is_no_feed_is_refused_with_the_reason() {
    for (text, why) in [
        ("", "empty"),
        ("<!DOCTYPE html><html><body>Hi</body></html>", "web page"),
        ("<note><to>x</to></note>", "not a feed"),
        ("{\"a\":1}", "not a JSON Feed"),
        ("hello", "not a feed"),
    ] {
        let error = read_feed(Path::new("wire"), text.as_bytes(), &origin()).unwrap_err().to_string();
        assert!(error.starts_with("wire: ") && error.contains(why), "{error}");
    }
}

#[test]
fn charsets_are_read_whatever_their_label_says() {
    let named = |label: &str| {
        format!("<?xml version=\"1.0\" encoding=\"{label}\"?>{}", item("").replace("One", "Größe — Ελλάδα"))
    };
    let utf8 = named("utf-8");
    assert_eq!(only(&utf8).title, "Größe — Ελλάδα");
    assert_eq!(only(named("iso-8859-1")).title, "Größe — Ελλάδα", "a label left over from a template");
    let sixteen: Vec<u8> = utf8.replace("utf-8", "utf-16").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(only(&sixteen).title, "Größe — Ελλάδα");
    for wide in [u32::to_le_bytes, u32::to_be_bytes] {
        let wide: Vec<u8> = utf8.chars().flat_map(|c| wide(u32::from(c))).collect();
        assert_eq!(only(&wide).title, "Größe — Ελλάδα", "UTF-32");
    }
    let latin = item("").replace("One", "Gr\u{1}sse");
    let latin: Vec<u8> = latin.bytes().map(|b| if b == 1 { 0xf6 } else { b }).collect();
    assert_eq!(only(&latin).title, "Grösse", "no label at all");
    let greek = Origin { charset: Some("iso-8859-7"), ..origin() };
    let reading = read_feed(Path::new("wire"), &latin, &greek).unwrap();
    assert_eq!(reading.items[0].item.title, "Grφsse", "the header's charset goes first");
}

#[test]
fn a_feed_may_have_its_title_in_another_vocabulary() {
    let named = |inside: &str| read(format!("<rdf:RDF><channel>{inside}</channel></rdf:RDF>")).title;
    assert_eq!(named("<dc:title>The Wire</dc:title>"), "The Wire");
    assert_eq!(
        named("<dc:title>Other</dc:title><image><title>Logo</title></image><title>The Wire</title>"),
        "The Wire"
    );
    assert_eq!(
        read("<CHANNEL><TITLE>The Wire</TITLE><ITEM HREF=x><TITLE>One</TITLE></ITEM></CHANNEL>").items[0].item.title,
        "One"
    );
}

#[test]
fn languages_are_noted() {
    let language = |feed: &str| only(feed).extra.get("language").and_then(|l| l.as_str().map(str::to_owned));
    assert_eq!(language(&item("").replace("<item>", "<language>en_us</language><item>")).as_deref(), Some("en-us"));
    assert_eq!(language(&item("").replace("<item>", "<item xml:lang=\"fr\">")).as_deref(), Some("fr"));
    assert_eq!(language(&item("").replace("<item>", "<language>english, mostly</language><item>")), None);
}

#[test]
fn dates_in_every_common_form() {
    for (text, date) in [
        ("Tue, 24 Nov 2026 09:00:00 GMT", "2026-11-24T09:00:00Z"),
        ("Mon, 24 Nov 2026 09:00:00 +0200", "2026-11-24T09:00:00+02:00"),
        ("24 Nov 26 9:00 EST", "2026-11-24T09:00:00-05:00"),
        ("24 November 2026", "2026-11-24"),
        ("Nov 24, 2026", "2026-11-24"),
        ("Nov 24, 2026 9:05 PM", "2026-11-24T21:05:00Z"),
        ("Tue Nov 24 09:00:00 2026", "2026-11-24T09:00:00Z"),
        ("Tue Nov 24 09:00:00 PST 2026", "2026-11-24T09:00:00-08:00"),
        ("2026-11-24 09:00:00", "2026-11-24T09:00:00Z"),
        ("2026-11-24T09:00", "2026-11-24T09:00:00Z"),
        ("2026-11-24T09:00:00.123+0100", "2026-11-24T09:00:00+01:00"),
        ("2026-11-24T09:00:00 Z", "2026-11-24T09:00:00Z"),
        ("2026-11-24 09:00:00 -0700", "2026-11-24T09:00:00-07:00"),
        ("2026-11-24 09:00:00 UTC", "2026-11-24T09:00:00Z"),
        ("2026/11/24", "2026-11-24"),
        ("24.11.2026 09:00", "2026-11-24T09:00:00Z"),
        ("11/24/2026 9:00 AM", "2026-11-24T09:00:00Z"),
        ("20261124", "2026-11-24"),
        ("2026-11", "2026-11-01"),
        ("1795510800", "2026-11-24T09:00:00Z"),
        ("1795510800000", "2026-11-24T09:00:00Z"),
        ("mar., 24 nov. 2026 09:00:00 +0100", "2026-11-24T09:00:00+01:00"),
        ("24 août 2026", "2026-08-24"),
        ("Di, 24 Dez 2026 09:00:00 MEZ", "2026-12-24T09:00:00+01:00"),
        ("24 ноября 2026 г.", "2026-11-24"),
        ("2026年11月24日 09:00", "2026-11-24T09:00:00Z"),
        ("2026년 11월 24일 오후 01:31:15", "2026-11-24T13:31:15Z"),
        ("Tue, 24 Nov 2026 24:00:00 GMT", "2026-11-25T00:00:00Z"),
        ("Tue, 24 Nov 2026 23:59:60 GMT", "2026-11-24T23:59:59Z"),
        ("Tue, 24 Nov 2026 09:00:00 GMT+2", "2026-11-24T09:00:00+02:00"),
        ("Tue, 24 Nov 2026 09:00:00 +0000 (UTC)", "2026-11-24T09:00:00Z"),
        ("Tue, 24th Nov 2026 09:00:00 +02:00", "2026-11-24T09:00:00+02:00"),
        ("Sept 24, 2026", "2026-09-24"),
    ] {
        assert_eq!(dates::parse(text).map(|d| d.published.to_string()).as_deref(), Some(date), "{text}");
    }
    for text in [
        "",
        "yesterday",
        "05/11/2026",
        "0000-00-00",
        "1970-01-01T00:00:00Z",
        "31 Feb 2026",
        "99:99",
        "2026-13-45",
        "Thu, 01 Jan 0001",
        "12:00",
        "n/a",
    ] {
        assert_eq!(dates::parse(text), None, "{text}");
    }
}

/// A feed to be damaged: it has a bit of everything.
const RICH: &str = r#"<?xml version="1.0" encoding="utf-8"?><!DOCTYPE rss [<!ENTITY e "x">]><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>W &amp; Ω</title><link>https://w.example/</link><item><title><![CDATA[A <b>b</b>]]></title>
<link>/1?a=1&amp;b=2</link><dc:date>2026-11-24T09:00:00+02:00</dc:date><description>x &lt;p&gt; &e; &#8230; y.</description><content:encoded><p>inline</p></content:encoded>
<category>One</category><score>8</score></item><item><title type="html">&amp;lt;c</title></item></channel></rss>"#;
const RICH_JSON: &str = r#"{"version":"https://jsonfeed.org/version/1.1","title":"W","language":"en","items":[{"id":"1","url":"https://w.example/1","title":"A \"b\" Ω","content_html":"<p>x</p>",
"date_published":"2026-11-24T09:00:00Z","tags":["a"],"_x":{"score":7}},{"id":2,"content_text":"[y]"}]}"#;

/// What feeds are made of, whole and in pieces.
#[rustfmt::skip]
const SOUP: &[&str] = &[
    "<item>", "</item>", "<entry>", "</entry>", "<title>", "</title>", "<title type=\"xhtml\">", "<link>", "</link>", "<link href='/a?b=1&c'/>", "<guid>", "</guid>",
    "<pubDate>", "</pubDate>", "<description>", "</description>", "<content:encoded>", "</content:encoded>", "<score>", "</score>", "<image>", "</image>",
    "<x:y xmlns:x='z' xml:base='//h/' xml:lang='fr'>", "</x:y>", "<script>", "</script>", "<b>", "</b>", "<![CDATA[", "]]>", "<!--", "-->", "<?x ", "?>", "<!DOCTYPE a [<!ENTITY b 'c'>]>",
    "&amp;", "&lt;", "&#x202E;", "&#0;", "&b;", "&", "<", ">", "'", "\"", "word ", "One. Two! ", "\n", "\u{202e}", "\u{0}", "é", "日本", "👩\u{200d}🔬", "8", "11", "javascript:x", "https://a.example/",
    "Tue, 24 Nov 2026 09:00:00 GMT", "{", "}", "[", "]", ",", ":", "\"title\":\"A\"", "\"url\":\"https://a.example/\"", "\"score\":1e999", "\\", "\"items\"",
];

proptest! {
    #[test]
    fn a_damaged_feed_never_panics(json: bool, cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..6)), 1..8)) {
        let mut bytes = if json { RICH_JSON } else { RICH }.as_bytes().to_vec();
        for (from, to, put) in cuts {
            let (a, b) = (from.index(bytes.len() + 1), to.index(bytes.len() + 1));
            bytes.splice(a.min(b)..a.max(b).min(a.min(b) + 40), put);
        }
        if let Ok(reading) = read_feed(Path::new("w"), &bytes, &origin()) {
            for fed in &reading.items {
                prop_assert!(fed.item.title.chars().count() <= 500 && !fed.item.title.contains(char::is_control));
                prop_assert!(fed.item.url.as_deref().is_none_or(|url| url.starts_with("http")));
                prop_assert!(fed.item.published.earliest(chrono_tz::UTC) <= now() + chrono::TimeDelta::days(1));
            }
        }
    }

    #[test]
    fn a_soup_of_a_feeds_parts_never_panics(parts in prop::collection::vec(prop::sample::select(SOUP), 0..60), json: bool) {
        let start = if json { "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[" } else { "<rss><channel>" };
        let soup = format!("{start}{}", parts.concat());
        let begun = std::time::Instant::now();
        if let Ok(reading) = read_feed(Path::new("w"), soup.as_bytes(), &origin()) {
            prop_assert!(reading.items.len() <= reading.entries);
            for fed in &reading.items {
                prop_assert!(!fed.item.title.is_empty() && !fed.item.title.contains(['\n', '\u{202e}']), "{:?}", fed.item.title);
                prop_assert!(fed.item.url.as_deref().is_none_or(|url| url.starts_with("http")));
                prop_assert!(fed.item.score.is_none_or(|score| (0.0..=10.0).contains(&score)));
            }
        }
        prop_assert!(begun.elapsed() < std::time::Duration::from_secs(2));
    }

    #[test]
    fn any_text_is_cleaned_to_one_line(raw in "\\PC{0,200}|[<>&;a-z/!\"' -]{0,200}") {
        for kind in [prose::Kind::Plain, prose::Kind::Unsaid, prose::Kind::Html] {
            let clean = prose::title(&raw, kind).text;
            prop_assert!(!clean.contains(char::is_control));
            let _ = (prose::summary(&raw, kind, ""), dates::parse(&raw));
        }
    }

    #[test]
    fn any_date_of_digits_and_signs_is_read_or_not(raw in "[0-9]{0,4}[-/., T:]{0,2}[0-9a-zäа]{0,5}[-/., T:+]{0,2}[0-9]{0,9}[ :+Z-]{0,2}[0-9:]{0,9}") {
        let _ = dates::parse(&raw);
    }
}

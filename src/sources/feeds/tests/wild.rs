//! Feeds as they are found: each of these forms stands on some site, and none of them in a specification.

use super::*;

/// What an item became: its title, address and date, `-` for none and `now` for a date that the feed did not have.
fn items(feed: impl AsRef<[u8]>) -> Vec<String> {
    let told = |fed: Fed| {
        let date = if fed.dated == Dated::Itself { fed.item.published.to_string() } else { "now".to_owned() };
        format!("{} | {} | {date}", fed.item.title, fed.item.url.as_deref().unwrap_or("-"))
    };
    read(feed).items.into_iter().map(told).collect()
}

fn one(feed: impl AsRef<[u8]>) -> String {
    let items = items(feed);
    assert_eq!(items.len(), 1, "{items:?}");
    items.into_iter().next().unwrap()
}

const DATE: &str = "<pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate>";
const GOOD: &str = "One | https://wire.example/1 | 2026-11-24T09:00:00Z";

#[test]
fn vocabularies_are_mixed() {
    for (name, feed) in [
        (
            "Atom's parts in RSS, under the prefix of .NET",
            "<rss xmlns:a10=\"http://www.w3.org/2005/Atom\" version=\"2.0\"><channel><item><title>One</title><a10:link href=\"https://wire.example/1\"/><a10:updated>2026-11-24T09:00:00Z</a10:updated><a10:content type=\"text\">Words.</a10:content></item></channel></rss>",
        ),
        (
            "Atom under a made-up prefix",
            "<ns0:feed xmlns:ns0=\"http://www.w3.org/2005/Atom\"><ns0:entry><ns0:title>One</ns0:title><ns0:link href=\"https://wire.example/1\"/><ns0:updated>2026-11-24T09:00:00Z</ns0:updated></ns0:entry></ns0:feed>",
        ),
        (
            "Atom 0.3",
            "<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\"><entry><title mode=\"escaped\">One</title><link rel=\"alternate\" href=\"https://wire.example/1\"/><issued>2026-11-24T09:00:00Z</issued><content mode=\"escaped\" type=\"text/html\">&lt;p&gt;x</content></entry></feed>",
        ),
        (
            "RSS 1.0 whose items have only rdf:about",
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><item rdf:about=\"https://wire.example/1\"><title>One</title><dc:date>2026-11-24T09:00:00Z</dc:date></item></rdf:RDF>",
        ),
        (
            "a video's feed, whose words stand in a media group",
            "<feed xmlns:media=\"http://search.yahoo.com/mrss/\" xmlns=\"http://www.w3.org/2005/Atom\"><entry><id>yt:video:1</id><link rel=\"alternate\" href=\"https://wire.example/1\"/><published>2026-11-24T09:00:00Z</published><media:group><media:title>One</media:title><media:content url=\"https://wire.example/1.mp4\"/><media:description>Words.</media:description></media:group></entry></feed>",
        ),
        (
            "capitals and no quotes",
            "<RSS VERSION=2.0><CHANNEL><ITEM><TITLE>One</TITLE><LINK>https://wire.example/1</LINK><PUBDATE>Tue, 24 Nov 2026 09:00:00 GMT</PUBDATE></ITEM></CHANNEL></RSS>",
        ),
        (
            "an image, a source and an author with titles and links of their own",
            "<rss><channel><item><image><title>Logo</title><link>https://x.example/</link></image><source url=\"https://x.example/\">Other</source><author><name>Ann</name></author><title>One</title><link>https://wire.example/1</link><pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate></item></channel></rss>",
        ),
        (
            "a warning of PHP before it",
            "<br />\n<b>Warning</b>: mysql_connect() in <b>/srv/x.php</b> on line <b>3</b><br />\n<?xml version=\"1.0\"?><rss><channel><item><title>One</title><link>https://wire.example/1</link><pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate></item></channel></rss>",
        ),
    ] {
        assert_eq!(one(feed), GOOD, "{name}");
    }
}

#[test]
fn links_are_wrong_in_every_way() {
    let linked = |link: &str| one(rss(&format!("<item><title>One</title>{link}{DATE}</item>")));
    for (link, address) in [
        ("<link>www.example.org/1</link>", "https://www.example.org/1"),
        ("<link>http://https://example.org/1</link>", "https://example.org/1"),
        ("<link>https://http://example.org/1</link>", "http://example.org/1"),
        ("<link>//example.org/1</link>", "https://example.org/1"),
        ("<link>1.html</link>", "https://wire.example/1.html"),
        ("<link>\n  https://example.org/1\n</link>", "https://example.org/1"),
        ("<link><![CDATA[https://example.org/1?a=1&b=2]]></link>", "https://example.org/1?a=1&b=2"),
        ("<link>https://example.org/1?a=1&copy=2</link>", "https://example.org/1?a=1&copy=2"),
        ("<link href=\"https://example.org/1?a=1&copy=2\"/>", "https://example.org/1?a=1&copy=2"),
        ("<link>https://example.org/a b</link>", "https://example.org/a%20b"),
        ("<link/><guid>https://example.org/1</guid>", "https://example.org/1"),
        ("<guid isPermaLink=\"false\">https://example.org/1</guid>", "-"),
        ("<link>http://localhost:4000/1</link>", "-"),
        ("<link>http://127.0.0.1/1</link><guid>https://example.org/1</guid>", "https://example.org/1"),
        (
            "<link>https://r.example/x</link><feedburner:origLink>https://example.org/1</feedburner:origLink>",
            "https://example.org/1",
        ),
        ("<enclosure url=\"https://example.org/1.mp3\" type=\"audio/mpeg\"/>", "https://example.org/1.mp3"),
        ("<link>mailto:ann@example.org</link>", "-"),
        ("<link>https://ann:secret@example.org/</link>", "-"),
    ] {
        assert_eq!(linked(link), format!("One | {address} | 2026-11-24T09:00:00Z"), "{link}");
    }
}

#[test]
fn bases_stand_inside_each_other() {
    let feed = "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"https://example.org/blog/\"><entry xml:base=\"2026/\"><title>One</title><link href=\"1\"/><updated>2026-11-24T09:00:00Z</updated></entry></feed>";
    assert_eq!(one(feed), "One | https://example.org/blog/2026/1 | 2026-11-24T09:00:00Z");
    let other = feed.replace("href=\"1\"", "rel=\"self\" href=\"https://example.org/feed\"/><link href=\"/top\"");
    assert_eq!(one(other), "One | https://example.org/top | 2026-11-24T09:00:00Z");
}

#[test]
fn titles_and_texts_are_escaped_too_often_or_not_at_all() {
    let titled = |title: &str| {
        let items = read(item("").replace("One", title)).items;
        items.into_iter().map(|fed| fed.item.title).collect::<String>()
    };
    for (raw, title) in [
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("<![CDATA[AT&amp;T]]>", "AT&T"),
        ("AT&T", "AT&T"),
        ("Q&A: why", "Q&A: why"),
        ("<![CDATA[One <em>two</em>]]>", "One two"),
        ("&lt;![CDATA[One]]&gt;", "<![CDATA[One]]>"),
        ("<![CDATA[a ]]]]><![CDATA[> b]]>", "a ]]> b"),
        ("x &lt; y", "x < y"),
        ("&nbsp;One&nbsp;", "One"),
        ("It&#146;s &#8220;new&#8221;", "It’s “new”"),
        ("It’s", "It’s"),
        ("One\u{8}\u{1b}[31m two", "One [31m two"),
        ("One&#0;&#x1F; two", "One\u{fffd} two"),
        ("\u{202e}enO", "enO"),
        ("Use the &lt;canvas&gt; element", "Use the <canvas> element"),
        ("👩\u{200d}🔬 wins", "👩\u{200d}🔬 wins"),
    ] {
        assert_eq!(titled(raw), title, "{raw:?}");
    }
    let text = |raw: &str| only(item(&format!("<description>{raw}</description>"))).summary;
    assert_eq!(text("<p>Inline <b>HTML</b>, not escaped.</p>"), "Inline HTML, not escaped.");
    assert_eq!(text("&lt;img src=\"x.png\"&gt;"), "");
    assert_eq!(
        text("<![CDATA[<style>p{}</style><!-- [if gte mso 9]> x <![endif] --><p>Out of Word.</p>]]>"),
        "Out of Word."
    );
}

#[test]
fn the_second_date_is_good() {
    let dated = |dates: &str| one(item("").replace(DATE, dates));
    for dates in [
        "<pubDate></pubDate><dc:date>2026-11-24T09:00:00Z</dc:date>",
        "<pubDate>soon</pubDate><dc:date>2026-11-24T09:00:00Z</dc:date>",
        "<pubDate>0000-00-00</pubDate><pubDate>Tue, 24 Nov 2026 09:00:00 +0000</pubDate>",
        "<updated>2026-11-24T09:00:00Z</updated><pubDate>-</pubDate>",
    ] {
        assert_eq!(dated(dates), GOOD, "{dates}");
    }
}

#[test]
fn dates_of_thirty_forms() {
    for (text, date) in [
        ("Tue,24 Nov 2026 09:00:00 GMT", "2026-11-24T09:00:00Z"),
        ("Tue, 24 Nov 2026 09:00:00", "2026-11-24T09:00:00Z"),
        ("Tue, 24 Nov 2026 9:00:00 GMT", "2026-11-24T09:00:00Z"),
        ("Tue, 24 November 2026 09:00 +0100", "2026-11-24T09:00:00+01:00"),
        ("Tuesday, 24 November 2026 09:00:00 GMT", "2026-11-24T09:00:00Z"),
        ("Tuesday, November 24, 2026 - 09:00", "2026-11-24T09:00:00Z"),
        ("Tues, 24 Nov 2026 09:00:00 EDT", "2026-11-24T09:00:00-04:00"),
        ("TUE, 24 NOV 2026 09:00:00 gmt", "2026-11-24T09:00:00Z"),
        ("24-Nov-2026 09:00:00", "2026-11-24T09:00:00Z"),
        ("24/Nov/2026:09:00:00 +0000", "2026-11-24T09:00:00Z"),
        ("Nov 24 2026", "2026-11-24"),
        ("24. November 2026", "2026-11-24"),
        ("24 de noviembre de 2026", "2026-11-24"),
        ("24 novembre 2026 à 09:00", "2026-11-24T09:00:00Z"),
        ("wt., 24 lis 2026 09:00:00 +0100", "2026-11-24T09:00:00+01:00"),
        ("2026-11-24T09:00:00+00:00Z", "2026-11-24T09:00:00Z"),
        ("2026-11-24T09:00:00.0000000Z", "2026-11-24T09:00:00Z"),
        ("2026-11-24T09:00:00+0100", "2026-11-24T09:00:00+01:00"),
        ("2026-11-24t09:00:00z", "2026-11-24T09:00:00Z"),
        ("2026-11-24T9:00:00Z", "2026-11-24T09:00:00Z"),
        ("2026-11-24 09:00", "2026-11-24T09:00:00Z"),
        ("2026-11-24 09:00:00.000 +01:00", "2026-11-24T09:00:00+01:00"),
        ("2026.11.24", "2026-11-24"),
        ("2026/11/24 09:00:00", "2026-11-24T09:00:00Z"),
        ("20261124T090000Z", "2026-11-24T09:00:00Z"),
        ("24.11.26", "2026-11-24"),
        ("11/24/26", "2026-11-24"),
        ("1795510800", "2026-11-24T09:00:00Z"),
        ("2026-W48-2", "2026-11-24"),
        ("2026-W48", "2026-11-23"),
        ("Tue, 24 Nov 2026 09:00:00 Europe/Berlin", "2026-11-24T09:00:00+01:00"),
    ] {
        assert_eq!(dates::parse(text).map(|d| d.published.to_string()).as_deref(), Some(date), "{text}");
    }
}

#[test]
fn json_feeds_bend_their_format() {
    let feed = |fields: &str| format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{{{fields}}}]}}");
    for (fields, expected) in [
        (
            "\"id\":1,\"title\":\"One\",\"url\":\"https://wire.example/1\",\"date_published\":\"2026-11-24T09:00:00Z\"",
            GOOD,
        ),
        ("\"id\":\"https://wire.example/1\",\"title\":\"One\",\"date_published\":\"2026-11-24T09:00:00Z\"", GOOD),
        (
            "\"title\":\"One\",\"url\":\"\",\"external_url\":\"https://wire.example/1\",\"date_published\":\"2026-11-24T09:00:00Z\"",
            GOOD,
        ),
        (
            "\"title\":\"One\",\"url\":\"/1\",\"date_published\":\"2026-11-24T09:00:00Z\",\"tags\":\"a\",\"author\":null",
            "One | - | 2026-11-24T09:00:00Z",
        ),
        (
            "\"title\":null,\"content_text\":\"One\",\"url\":\"https://wire.example/1\",\"date_published\":null,\"date_modified\":\"2026-11-24T09:00:00Z\"",
            GOOD,
        ),
        ("\"title\":\"One\",\"url\":\"https://wire.example/1\",\"date_published\":1795510800", GOOD),
        ("\"title\":\"One\",\"url\":\"https://wire.example/1\",\"date_published\":1795510800000", GOOD),
        (
            "\"title\":\"One\",\"url\":[\"https://wire.example/1\"],\"date_published\":\"2026-11-24\"",
            "One | - | 2026-11-24",
        ),
    ] {
        assert_eq!(one(feed(fields)), expected, "{fields}");
    }
    let no_version = "\u{feff}{\"items\":[{\"title\":\"One\",\"url\":\"https://wire.example/1\",\"date_published\":\"2026-11-24T09:00:00Z\"}],\"title\":\"W\"}";
    assert_eq!(one(no_version), GOOD);
    assert!(items("{\"version\":\"https://jsonfeed.org/version/1\",\"title\":\"W\",\"items\":[]}").is_empty());
}

#[test]
fn charsets_are_declared_wrong() {
    let titled = |bytes: &[u8], charset: Option<&str>| {
        let origin = Origin { charset, ..origin() };
        read_feed(Path::new("wire"), bytes, &origin).unwrap().items[0].item.title.clone()
    };
    let with = |label: &str, title: &str| {
        format!("<?xml version=\"1.0\" encoding=\"{label}\"?>{}", item("").replace("One", title))
    };
    let (utf8, russian) = (with("utf-8", "Größe"), with("windows-1251", "Новости дня и недели"));
    assert_eq!(titled(format!("\u{feff}\u{feff}{utf8}").as_bytes(), None), "Größe", "two marks");
    assert_eq!(titled(format!("\n\n{utf8}").as_bytes(), Some("us-ascii")), "Größe", "a default of a server");
    assert_eq!(titled(with("utf-16", "Größe").as_bytes(), Some("utf8")), "Größe", "a label of another program");
    assert_eq!(titled(with("none-such", "Größe").as_bytes(), Some("binary")), "Größe", "labels that nobody knows");
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(&russian);
    assert_eq!(titled(&bytes, None), "Новости дня и недели");
    assert_eq!(titled(&bytes, Some("utf-8")), "Новости дня и недели", "the header is wrong, the declaration right");
    let wide: Vec<u8> = with("utf-8", "Größe").encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(titled(&wide, None), "Größe", "UTF-16 without a mark");
    let mut mixed = with("utf-8", "Größe und Maß über alles, schön").into_bytes();
    let at = mixed.windows(4).position(|w| w == b"und ").unwrap();
    mixed[at] = 0xfc;
    assert_eq!(titled(&mixed, None), "Größe \u{fffd}nd Maß über alles, schön", "one byte of another charset");
}

#[test]
fn items_that_share_an_address_are_told() {
    let changes = rss(&(1..=3).fold(String::new(), |all, n| {
        all + &format!("<item><title>v1.{n}</title><link>https://wire.example/changes#comment-{n}</link>{DATE}</item>")
    }));
    assert!(
        told(&read(&changes)).contains("2 items lead to the same page as another item"),
        "{}",
        told(&read(&changes))
    );
    let releases = changes.replace("#comment-", "#1.");
    assert!(!told(&read(&releases)).contains("another item"), "a release has a place of its own on the page");
    let twice = rss(&(item_of(1) + &item_of(1) + &item_of(2)));
    assert!(!told(&read(&twice)).contains("another item"), "an item that stands twice is no mistake");
}

fn item_of(n: u32) -> String {
    format!("<item><title>{n}</title><link>https://wire.example/{n}</link>{DATE}</item>")
}

#[test]
fn what_is_cut_or_broken_is_read_up_to_there() {
    let two = rss(&(item_of(1) + &item_of(2)));
    let begin = two.find("<item><title>2").unwrap();
    for end in [begin + 1, begin + 10, begin + 14, begin + 30, begin + 60, begin + 100] {
        let found = items(&two[..end]);
        assert_eq!(found, ["1 | https://wire.example/1 | 2026-11-24T09:00:00Z"], "cut at {end}: {}", &two[begin..end]);
    }
    let glued = format!("{}{}", rss(&item_of(1)), rss(&item_of(2)));
    assert_eq!(items(glued).len(), 2, "two documents in one file");
    let html_behind = format!("{}<html><body><p>ads</p></body></html>", rss(&item_of(1)));
    assert_eq!(items(html_behind).len(), 1);
}

#[test]
fn what_is_no_feed_is_called_by_its_name() {
    let page =
        |head: &str| format!("<!DOCTYPE html>\n<HTML lang=en><head><title>W</title>{head}</head><body>x</body></HTML>");
    for (text, why) in [
        ("   \n\u{feff}", "the feed is empty"),
        ("\0\0\0\0", "the feed is empty"),
        (&page(""), "this is a web page, not a feed"),
        (
            &page("<link rel=alternate type=\"application/rss+xml\" title=W href=\"/feed?a=1&amp;b=2\">"),
            "this is a web page, not a feed; its feed is https://wire.example/feed?a=1&b=2",
        ),
        (
            &page("<link href='https://w.example/f' TYPE='application/atom+xml' rel='alternate'>"),
            "its feed is https://w.example/f",
        ),
        (
            "<opml version=\"2.0\"><body><outline xmlUrl=\"https://w.example/\"/></body></opml>",
            "a list of feeds (OPML)",
        ),
        (
            "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><url/></urlset>",
            "a sitemap",
        ),
        ("<?xml version=\"1.0\"?><!-- x --><Error><Code>AccessDenied</Code></Error>", "begins with \"error\""),
        ("{\"error\":\"not found\"}", "not a JSON Feed: it has no list of `items`"),
        ("[{\"title\":\"One\"}]", "not a JSON Feed"),
        ("404 page not found", "neither RSS, Atom nor JSON Feed"),
        ("\u{1f}\u{8b}", "neither RSS"),
    ] {
        let base = Url::parse("https://wire.example/").unwrap();
        let refused = read_feed(Path::new("wire"), text.as_bytes(), &Origin { base: Some(&base), ..origin() });
        let refused = refused.map(|reading| reading.entries).unwrap_err().to_string();
        assert!(refused.contains(why), "{text:?}: {refused}");
    }
    let packed = read_feed(Path::new("wire"), &[0x1f, 0x8b, 8, 0, 0], &origin()).unwrap_err().to_string();
    assert!(packed.contains("packed with gzip"), "{packed}");
}

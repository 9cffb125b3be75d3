//! Addresses of one resource, addresses that only look alike, and what holds for any text.

use proptest::prelude::*;

use super::*;

/// One resource a line, its addresses separated by spaces.
const ONE: &[(&str, &str)] = &[
    ("scheme", "https://example.org/post http://example.org/post"),
    ("host's case", "https://example.org/post https://EXAMPLE.Org/post"),
    ("www", "https://example.org/post https://www.example.org/post http://www.example.org./post"),
    ("default ports", "https://example.org/a https://example.org:443/a http://example.org:80/a"),
    ("a name and a password", "https://example.org/a https://ann@example.org/a"),
    ("IDN", "https://bücher.example/neu https://xn--bcher-kva.example/neu https://BÜCHER.example/neu"),
    ("final slash", "https://example.org https://example.org/ https://example.org?"),
    ("final slashes", "https://example.org/a https://example.org/a/ https://example.org/a//"),
    ("double slashes", "https://example.org/a/b https://example.org//a///b"),
    (
        "dots",
        "https://example.org/a/b https://example.org/a/./b https://example.org/a/c/../b https://example.org/a/b/.",
    ),
    (
        "index files",
        "https://example.org/a https://example.org/a/index.html https://example.org/a/index.php https://example.org/a/Index.htm",
    ),
    (
        "a sentence's stop",
        "https://example.org/a https://example.org/a. https://example.org/a, https://example.org/a/,/,/,/,/,/,/,/,/,/,/,/,/,",
    ),
    (
        "a page's ampersands",
        "https://example.org/a?b=1&c=2 https://example.org/a?b=1&amp;c=2 https://example.org/a?b=1&amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;c=2",
    ),
    (
        "a release on a page of changes",
        "https://example.org/changes#v2.3.15 https://www.example.org/changes/?utm_source=x#v2.3.15 https://example.org/changes#v2.3.15#v2.3.15",
    ),
    (
        "anchors",
        "https://example.org/a https://example.org/a#top https://example.org/a#v2 https://example.org/a#2. https://example.org/a#v https://example.org/a#1.x https://example.org/a#:~:text=so%20it%20is",
    ),
    ("empty routes", "https://example.org/a https://example.org/a#/ https://example.org/a#! https://example.org/a#"),
    ("routes", "https://example.org/#/a/b https://www.example.org#/a/b/ https://example.org/#/a/b?utm_source=x"),
    ("hash-bangs", "https://example.org/#!a https://example.org/?utm_medium=x#!a"),
    ("session numbers", "https://example.org/a https://example.org/a;jsessionid=0A1B"),
    (
        "percent-encoding",
        "https://example.org/~ann/caf%c3%a9 https://example.org/%7Eann/caf%C3%A9 https://example.org/%7eann/café",
    ),
    ("brackets", "https://example.org/Mercury_(planet) https://example.org/Mercury_%28planet%29"),
    ("order of parameters", "https://example.org/?b=1&a=2 https://example.org/?a=2&b=1 https://example.org/?a=2&&b=1&"),
    ("empty values", "https://example.org/?a https://example.org/?a="),
    ("spaces in a query", "https://example.org/?q=a+b https://example.org/?q=a%20b"),
    ("a page's ampersands", "https://example.org/?a=1&b=2 https://example.org/?a=1&amp;b=2"),
    (
        "campaigns",
        "https://example.org/a https://example.org/a?utm_source=x&utm_medium=y&UTM_Campaign=z https://example.org/a?utm_sour",
    ),
    (
        "clicks",
        "https://example.org/a https://example.org/a?fbclid=1 https://example.org/a?gclid=2&gbraid=3 https://example.org/a?msclkid=4 https://example.org/a?twclid=5&igshid=6",
    ),
    (
        "mailings",
        "https://example.org/a https://example.org/a?mc_cid=1&mc_eid=2 https://example.org/a?mkt_tok=3 https://example.org/a?_hsenc=4&_hsmi=5&__hstc=6 https://example.org/a?hss_channel=tw-7",
    ),
    (
        "referrers",
        "https://example.org/a https://example.org/a?ref=upstart.example https://example.org/a?ref_src=twsrc https://example.org/a?referrer=b https://example.org/a?cmpid=1&smid=2&ncid=3",
    ),
    (
        "where it was shared",
        "https://example.org/a https://example.org/a?source=twitter https://example.org/a?source=rss----1f https://example.org/a?src=HackerNews https://example.org/a?via=reddit.com https://example.org/a?share=linkedin",
    ),
    (
        "other trackers",
        "https://example.org/a https://example.org/a?_ga=1&_gl=2 https://example.org/a?matomo_source=b https://example.org/a?guccounter=1 https://example.org/a?srsltid=9 https://example.org/a?cachebust=2024",
    ),
    (
        "mobile pages",
        "https://example.org/a https://m.example.org/a https://mobile.example.org/a https://www.m.example.org/a",
    ),
    ("mobile encyclopedia", "https://en.wikipedia.org/wiki/Sorting https://en.m.wikipedia.org/wiki/Sorting#History"),
    ("mobile blogs", "https://lab.blogspot.com/2024/02/a.html https://lab.blogspot.com/2024/02/a.html?m=1"),
    ("AMP hosts", "https://example.org/a-long-story https://amp.example.org/a-long-story"),
    (
        "AMP paths",
        "https://example.org/2024/02/a-long-story https://example.org/2024/02/a-long-story/amp https://example.org/2024/02/a-long-story/amp/ https://www.example.org/amp/2024/02/a-long-story",
    ),
    ("AMP files", "https://example.org/news/a.html https://example.org/news/a.amp.html"),
    (
        "AMP parameters",
        "https://example.org/a https://example.org/a?amp https://example.org/a?amp=1 https://example.org/a?outputType=amp",
    ),
    (
        "AMP viewers",
        "https://news.example/2024/a-long-story https://www.google.com/amp/s/news.example/2024/a-long-story https://google.co.uk/amp/news.example/2024/a-long-story/amp https://www.bing.com/amp/s/news.example/2024/a-long-story",
    ),
    (
        "AMP caches",
        "https://news.example/2024/a-long-story https://news-example.cdn.ampproject.org/c/s/news.example/2024/a-long-story?amp_js_v=0.1 https://cdn.ampproject.org/v/s/amp.news.example/2024/a-long-story?usqp=mq",
    ),
    (
        "links that watch",
        "https://news.example/a?id=1 https://www.google.com/url?sa=t&q=https%3A%2F%2Fnews.example%2Fa%3Fid%3D1&ved=2 https://l.facebook.com/l.php?u=https%3A%2F%2Fnews.example%2Fa%3Fid%3D1%26fbclid%3D3 https://eu1.safelinks.protection.outlook.com/?url=http%3A%2F%2Fnews.example%2Fa%3Fid%3D1&data=5",
    ),
    (
        "arXiv forms",
        "https://arxiv.org/abs/2401.01234 http://arxiv.org/abs/2401.01234v1 https://arxiv.org/pdf/2401.01234 https://arxiv.org/pdf/2401.01234v12.pdf https://www.arxiv.org/html/2401.01234v2#S2 https://arxiv.org/abs/2401.01234?ref=blog.example https://arxiv.org/abs//2401.01234 https://arxiv.org/abs/2401.01234.",
    ),
    (
        "arXiv mirrors",
        "https://arxiv.org/abs/2401.01234 https://export.arxiv.org/abs/2401.01234 https://ar5iv.org/abs/2401.01234 https://ar5iv.labs.arxiv.org/html/2401.01234 https://browse.arxiv.org/html/2401.01234v1 https://www.alphaxiv.org/abs/2401.01234v1 https://www.alphaxiv.org/overview/2401.01234 https://www.arxiv-vanity.com/papers/2401.01234/ https://huggingface.co/papers/2401.01234#65b5 https://hf.co/papers/2401.01234 https://scirate.com/arxiv/2401.01234 https://doi.org/10.48550/arXiv.2401.01234",
    ),
    (
        "arXiv before 2007",
        "https://arxiv.org/abs/hep-th/9901001 https://arxiv.org/pdf/hep-th/9901001v3 https://arxiv.org/pdf/hep-th/9901001.pdf",
    ),
    ("arXiv's classes", "https://arxiv.org/abs/math/0309136 https://arxiv.org/abs/math.GT/0309136"),
    (
        "posts on X",
        "https://x.com/ann/status/123 https://twitter.com/Ann/status/123?s=20&t=q https://mobile.twitter.com/ann/status/123 https://x.com/i/web/status/123 https://nitter.net/ann/status/123#m https://fxtwitter.com/ann/status/123/photo/1 https://twitter.com/i/status/123",
    ),
    ("people on X", "https://x.com/Ann https://twitter.com/ann?lang=en https://www.twitter.com/ANN/"),
    (
        "videos",
        "https://www.youtube.com/watch?v=aB3_dEf-hIj https://youtu.be/aB3_dEf-hIj?si=1 https://m.youtube.com/watch?t=9s&v=aB3_dEf-hIj&list=PL1&ab_channel=Lab https://www.youtube.com/embed/aB3_dEf-hIj https://www.youtube-nocookie.com/embed/aB3_dEf-hIj?start=3 https://youtube.com/shorts/aB3_dEf-hIj https://youtube.com/live/aB3_dEf-hIj?feature=share",
    ),
    (
        "repositories",
        "https://github.com/some-org/tool https://github.com/Some-Org/Tool/ https://github.com/some-org/tool.git https://github.com/some-org/tool?tab=readme-ov-file#use https://github.com/some-org/tool/tree/main https://github.com/some-org/Tool/tree/master/ https://github.com/some-org/tool/blob/main/README.md https://github.com/some-org/tool/blob/master/readme.rst#install",
    ),
    (
        "files of a repository",
        "https://github.com/some-org/tool/blob/main/src/A.rs https://github.com/Some-Org/tool/blob/main/src/A.rs?plain=1#L5-L9 https://raw.githubusercontent.com/some-org/tool/main/src/A.rs",
    ),
    (
        "pull requests",
        "https://github.com/some-org/tool/pull/7 https://github.com/some-org/tool/pull/7/files https://github.com/some-org/tool/pull/7#issuecomment-1",
    ),
    (
        "models",
        "https://huggingface.co/some-org/Model-7B https://hf.co/some-org/model-7b https://huggingface.co/Some-Org/Model-7B/tree/main https://huggingface.co/some-org/Model-7B/blob/main/README.md",
    ),
    (
        "data sets",
        "https://huggingface.co/datasets/Some-Org/Data https://huggingface.co/datasets/some-org/data/tree/main",
    ),
    ("packages", "https://pypi.org/project/Tool https://pypi.org/project/tool/"),
    (
        "threads",
        "https://www.reddit.com/r/Sorting/comments/1abc/a_long_title/ https://old.reddit.com/r/sorting/comments/1abc/ https://redd.it/1abc https://np.reddit.com/r/Sorting/comments/1abc/other/?share_id=1 https://reddit.com/comments/1abc",
    ),
    (
        "comments",
        "https://www.reddit.com/r/a/comments/1abc/title/k9x/ https://old.reddit.com/r/a/comments/1abc/_/k9x/?context=3",
    ),
    (
        "Medium",
        "https://medium.com/@ann/a-long-title-0123456789ab https://ann.medium.com/a-long-title-0123456789ab?source=rss------ https://medium.com/p/0123456789ab https://medium.com/the-blog/a-long-title-0123456789ab?sk=1&gi=2",
    ),
    (
        "Medium elsewhere",
        "https://blog.example/a-long-title-0123456789ab https://blog.example/a-long-title-0123456789ab?gi=1&source=collection_home&sk=2",
    ),
    (
        "Substack",
        "https://ann.substack.com/p/title https://open.substack.com/pub/ann/p/title?r=1a2b&utm_campaign=post&showWelcome=true https://ann.substack.com/p/title?triedRedirect=true&s=r",
    ),
    (
        "Substack elsewhere",
        "https://letter.example/p/title https://www.letter.example/p/title?r=1a2b&isFreemail=true&publication_id=3",
    ),
    (
        "DOIs",
        "https://doi.org/10.1234/AB.cd-5 http://dx.doi.org/10.1234/ab.cd-5 https://www.doi.org/10.1234/ab.CD-5 https://journal.example/doi/full/10.1234/ab.cd-5 https://journal.example/doi/10.1234/ab.cd-5?af=R",
    ),
    (
        "preprints",
        "https://doi.org/10.1101/2023.04.30.538439 https://www.biorxiv.org/content/10.1101/2023.04.30.538439v1 https://www.biorxiv.org/content/10.1101/2023.04.30.538439v2.full.pdf",
    ),
    (
        "reviews",
        "https://openreview.net/forum?id=Ab1 https://openreview.net/pdf?id=Ab1 https://openreview.net/forum?id=Ab1&noteId=Zz9&referrer=%5Bx%5D",
    ),
    (
        "answers",
        "https://stackoverflow.com/questions/12/how-to-sort https://stackoverflow.com/questions/12/how-do-i-sort?rq=1 https://stackoverflow.com/q/12/99",
    ),
    (
        "documents",
        "https://docs.google.com/document/d/1aB_c/edit?usp=sharing https://docs.google.com/document/d/1aB_c https://docs.google.com/document/d/1aB_c/view#heading=h.1",
    ),
    (
        "notebooks",
        "https://colab.research.google.com/drive/1aB_c https://colab.research.google.com/drive/1aB_c?usp=sharing",
    ),
    (
        "books",
        "https://www.amazon.com/Sorting-Title/dp/0123456789/ref=sr_1_1?crid=1&keywords=sort https://amazon.com/gp/product/0123456789",
    ),
    ("papers", "https://aclanthology.org/2023.acl-long.1/ https://aclanthology.org/2023.acl-long.1.pdf"),
    (
        "newspapers",
        "https://www.forbes.com/sites/a https://www.forbes.com/sites/a?sh=1f https://www.forbes.com/sites/a?ss=ai",
    ),
];

/// Addresses that are all of different resources.
const MANY: &[(&str, &str)] = &[
    ("case", "https://example.org/a https://example.org/A"),
    ("hosts", "https://example.org/a https://example.com/a https://news.example.org/a https://example.org.uk/a"),
    ("ports", "https://example.org/a https://example.org:8443/a"),
    ("slashes that are escaped", "https://example.org/a/b https://example.org/a%2Fb"),
    (
        "parameters",
        "https://example.org/?id=1 https://example.org/?id=2 https://example.org/?id=1&page=2 https://example.org/",
    ),
    (
        "videos",
        "https://www.youtube.com/watch?v=aaaaaaaaaaa https://www.youtube.com/watch?v=bbbbbbbbbbb https://youtu.be/Aaaaaaaaaaa https://www.youtube.com/playlist?list=PL1 https://www.youtube.com/playlist?list=PL2 https://www.youtube.com/@lab",
    ),
    ("threads", "https://news.ycombinator.com/item?id=1 https://news.ycombinator.com/item?id=2"),
    (
        "reviews",
        "https://openreview.net/forum?id=Ab1 https://openreview.net/forum?id=aB1 https://openreview.net/group?id=Ab1 https://openreview.net/attachment?id=Ab1&name=supplement",
    ),
    (
        "releases on a page of changes",
        "https://example.org/changes https://example.org/changes#2.3.15 https://example.org/changes#2.3.9 https://example.org/changes#2026-11-24",
    ),
    (
        "entries of a page of changes",
        "https://example.org/changelog https://example.org/changelog#caching https://example.org/changelog#limits https://example.org/changelog#v2 https://example.org/changelog#v3",
    ),
    ("routes", "https://example.org/ https://example.org/#/a https://example.org/#/b https://example.org/#!a"),
    (
        "sources",
        "https://example.org/feed https://example.org/feed?source=wire https://example.org/feed?source=desk https://example.org/feed?from=2024 https://example.org/feed?share=1f2e",
    ),
    ("branches", "https://api.github.com/repos/a/b/contents?ref=one https://api.github.com/repos/a/b/contents?ref=two"),
    ("marketplace", "https://market.example/items?itemName=a.b https://market.example/items?itemName=a.c"),
    (
        "arXiv",
        "https://arxiv.org/abs/2401.01234 https://arxiv.org/abs/2401.01235 https://arxiv.org/abs/2401.0123 https://arxiv.org/list/cs.AI/recent https://arxiv.org/list/cs.CL/recent https://arxiv.org/abs/XXXX.XXXXX https://arxiv.org/abs/hep-th/9901001 https://arxiv.org/abs/hep-ph/9901001",
    ),
    (
        "Hugging Face",
        "https://huggingface.co/a/b https://huggingface.co/datasets/a/b https://huggingface.co/spaces/a/b https://huggingface.co/a/b/tree/dev https://huggingface.co/a https://huggingface.co/papers https://huggingface.co/blog/b",
    ),
    (
        "GitHub",
        "https://github.com/a/b https://github.com/a/b/issues/1 https://github.com/a/b/pull/2 https://github.com/a/b/tree/dev https://github.com/a/b/tree/main/src https://github.com/a/b/blob/main/CHANGELOG.md https://github.com/a/b/releases/tag/v1 https://github.com/a https://github.com/a?tab=repositories https://a.github.io/b https://gist.github.com/a/b",
    ),
    (
        "files that differ by case",
        "https://github.com/a/b/blob/main/src/A.rs https://github.com/a/b/blob/main/src/a.rs",
    ),
    (
        "repositories named like a view",
        "https://github.com/a/amp https://github.com/a https://github.com/a-b-c/amp https://github.com/a-b-c https://huggingface.co/a-b-c/amp",
    ),
    (
        "people named like a view",
        "https://m.github.io/ https://github.io/ https://amp.github.io/ https://mobile.substack.com/p/a",
    ),
    ("suffixes", "https://m.co.uk/ https://mobile.co.uk/ https://amp.com.au/"),
    (
        "things called amp",
        "https://example.org/guitars/amp https://example.org/guitars https://amp.dev/ https://example.org/amp https://example.org/amp/guide https://example.org/?amp=marshall",
    ),
    ("posts on X", "https://x.com/ann/status/123 https://x.com/ann/status/124 https://x.com/ann https://x.com/bob"),
    (
        "Reddit",
        "https://www.reddit.com/r/a/comments/1abc/t/ https://www.reddit.com/r/a/comments/1abd/t/ https://www.reddit.com/r/a/comments/1abc/t/k9x/ https://www.reddit.com/r/a/ https://v.redd.it/1abc",
    ),
    (
        "Medium",
        "https://medium.com/@ann https://medium.com/@ann/list https://medium.com/@ann/a-0123456789ab https://medium.com/@ann/a-0123456789ac",
    ),
    (
        "Substack",
        "https://ann.substack.com/p/a https://ann.substack.com/p/b https://bob.substack.com/p/a https://ann.substack.com/i/1/a",
    ),
    (
        "DOIs",
        "https://doi.org/10.1234/a https://doi.org/10.1234/b https://doi.org/10.1235/a https://journal.example/doi/suppl/10.1234/a https://journal.example/doi/about",
    ),
    (
        "caches of other pages",
        "https://www.google.com/search?q=https://example.org/a https://example.org/a https://cdn.ampproject.org/ https://www.google.com/amp/",
    ),
    ("archives", "https://web.archive.org/web/20240101000000/https://example.org/a https://example.org/a"),
    (
        "names that end in a stop",
        "https://en.wikipedia.org/wiki/Example_Inc. https://en.wikipedia.org/wiki/Example_Inc",
    ),
];

#[test]
fn addresses_of_one_resource_have_one_form() {
    for (rule, urls) in ONE {
        let forms: Vec<_> = urls.split(' ').map(|url| (url, canonical_url(url))).collect();
        for (url, form) in &forms {
            assert!(
                form.is_some() && *form == forms[0].1,
                "{rule}: {url} became {form:?}, {} {:?}",
                forms[0].0,
                forms[0].1
            );
        }
    }
}

#[test]
fn different_resources_have_different_forms() {
    for (rule, urls) in MANY {
        let forms: Vec<_> = urls.split(' ').map(|url| (url, canonical_url(url).expect(url))).collect();
        for (i, (url, form)) in forms.iter().enumerate() {
            let twin = forms.iter().take(i).find(|(_, other)| other == form);
            assert!(twin.is_none(), "{rule}: {url} and {} both became {form}", twin.unwrap().0);
        }
    }
}

#[test]
fn forms_read_as_one_would_write_them() {
    for (url, form) in [
        ("HTTP://www.Example.org:80/a/?b=2&utm_source=x&a=1#c", "https://example.org/a?a=1&b=2"),
        ("https://hf.co/papers/2401.01234", "https://arxiv.org/abs/2401.01234"),
        ("https://example.org", "https://example.org"),
        ("https://[::1]:8080/a", "https://[::1]:8080/a"),
    ] {
        assert_eq!(canonical_url(url).as_deref(), Some(form));
    }
}

#[test]
fn what_is_no_web_address_has_no_form() {
    let long = format!("https://example.org/{}", "a".repeat(LONGEST));
    for text in [
        "",
        "example.org",
        "javascript:alert(1)",
        "mailto:a@example.org",
        "http://",
        "https://.",
        "https:2222222222222..?a",
        "ftp://a.example",
        &long,
    ] {
        assert_eq!(canonical_url(text), None, "{text}");
    }
}

/// Addresses from all the rules above, cut anywhere and with anything behind them.
fn address() -> impl Strategy<Value = String> {
    let all: Vec<&str> = ONE.iter().chain(MANY).flat_map(|(_, urls)| urls.split(' ')).collect();
    let tail = "(|[/?#&][a-zA-Z0-9./?#&=%_~;:@!-]{0,24})";
    (proptest::sample::select(all), any::<prop::sample::Index>(), any::<bool>(), tail).prop_map(
        |(url, at, cut, tail)| {
            let end = if cut { at.index(url.len() + 1) } else { url.len() };
            format!("{}{tail}", url.get(..end).unwrap_or(url))
        },
    )
}

fn holds(url: &str) -> Result<(), TestCaseError> {
    if let Some(form) = canonical_url(url) {
        prop_assert_eq!(canonical_url(&form), Some(form.clone()), "{}", url);
        prop_assert!(form.starts_with("https://") && form.is_ascii(), "{} became {}", url, form);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_form_is_its_own(url in address()) {
        holds(&url)?;
    }

    #[test]
    fn a_form_of_pieces_is_its_own(
        host in prop::sample::select(vec!["github.com", "m.www.x.com", "doi.org", "arxiv.org", "youtu.be", "google.com", "a.cdn.ampproject.org", "reddit.com", "medium.com", "amp.a.co.uk", "en.m.wikipedia.org", "example.org:80"]),
        segments in prop::collection::vec(prop::sample::select(vec!["/", "amp", ".amp", "..", ".", "index.html", "/c/s/", "?", "&", "=", "#!", "#/", "%2e", "%2F", "%", "%41", ";jsessionid=", "status", "12", "doi", "10.1234", "abs", "2401.01234", "v2", "#2.3", "#v1-", ".pdf", "tree/main", "README.md", ".git", "a-b-c", "url?q=https://", "www.", "p", "0123456789ab", "é", "\u{202e}"]), 0..10),
    ) {
        holds(&format!("https://{host}/{}", segments.concat()))?;
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        holds(&text)?;
        holds(&format!("https://{text}"))?;
        holds(&format!("https://a.example/{text}"))?;
    }

    #[test]
    fn tracking_never_matters(url in address(), name in prop::sample::select(vec!["utm_source", "utm_id", "fbclid", "gclid", "mc_cid", "mc_eid", "ref_src", "igshid", "_hsenc"]), value in "[a-z0-9]{0,8}") {
        let url = url.split('#').next().unwrap_or_default();
        let mark = if url.contains('?') { '&' } else { '?' };
        let tracked = format!("{url}{mark}{name}={value}");
        prop_assert_eq!(canonical_url(&tracked), canonical_url(url), "{}", tracked);
    }
}

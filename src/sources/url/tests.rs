//! Spellings of one URL, and pairs that only look like one.

use super::canonical_url;

#[test]
fn spellings_of_one_resource_have_one_key() {
    for group in [
        vec![
            "https://example.org/post",
            "http://www.example.org/post/",
            "https://EXAMPLE.org:443/post?utm_source=x&utm_medium=y#top",
            "https://example.org/post?fbclid=1&gclid=2",
            "https://example.org/post?",
        ],
        vec!["https://example.org/a?b=1&c=2", "https://example.org/a?c=2&utm_id=9&b=1"],
        vec![
            "https://arxiv.org/abs/2401.01234",
            "https://arxiv.org/pdf/2401.01234v2.pdf",
            "http://export.arxiv.org/html/2401.01234v1",
            "https://huggingface.co/papers/2401.01234",
        ],
        vec!["https://github.com/Some-Org/Tool?tab=readme-ov-file#use", "http://github.com/some-org/tool/"],
        vec!["https://youtu.be/abcDEF?si=1", "https://www.youtube.com/watch?v=abcDEF&t=9s"],
        vec!["https://arxiv.org/abs/hep-th/9901001", "https://arxiv.org/pdf/hep-th/9901001v3"],
    ] {
        let keys: Vec<_> = group.iter().map(|u| canonical_url(u)).collect();
        assert!(keys.iter().all(|k| k.is_some() && *k == keys[0]), "{keys:?}");
    }
}

#[test]
fn other_resources_have_other_keys() {
    for (a, b) in [
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/?id=1", "https://example.org/?id=2"),
        ("https://example.org/", "https://example.com/"),
        ("https://example.org:8443/", "https://example.org/"),
        ("https://arxiv.org/list/cs.AI/recent", "https://arxiv.org/list/cs.CL/recent"),
    ] {
        assert_ne!(canonical_url(a), canonical_url(b));
    }
}

#[test]
fn what_is_no_web_url_has_no_key() {
    for text in ["", "example.org", "javascript:alert(1)", "mailto:a@example.org", "http://"] {
        assert_eq!(canonical_url(text), None, "{text}");
    }
}

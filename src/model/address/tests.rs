use super::*;

#[test]
fn accepted_addresses_take_one_form() {
    for (input, expected) in [
        ("ann@example.org", "ann@example.org"),
        ("  Ann.Lee+news@Example.ORG ", "Ann.Lee+news@example.org"),
        ("o'brien@example.co.uk", "o'brien@example.co.uk"),
        ("jo@bücher.example", "jo@xn--bcher-kva.example"),
        ("jo@XN--BCHER-KVA.example", "jo@xn--bcher-kva.example"),
    ] {
        assert_eq!(Address::parse(input).map(|a| a.0), Ok(expected.to_owned()), "{input}");
    }
}

#[test]
fn refused_addresses_say_which_rule() {
    use AddressError::*;
    for (input, expected) in [
        ("", Empty),
        ("ann", NoAt),
        ("@example.org", Local),
        ("a..b@example.org", Local),
        (".a@example.org", Local),
        ("\"a b\"@example.org", Local),
        ("\"a@evil x\"@x.example", Local),
        ("ann@evil.example\r\nBcc: x@example.org", Local),
        ("ann@evil.example\r\nBcc: x", Domain),
        ("a\0b@example.org", Local),
        ("änn@example.org", Local),
        ("ann@localhost", Domain),
        ("ann@[127.0.0.1]", Domain),
        ("ann@127.0.0.1", Domain),
        ("ann@-bad.example", Domain),
        ("ann@xn--abc-.example", Domain),
        ("ann@exa mple.org", Domain),
        ("ann@example.org.", Domain),
    ] {
        assert_eq!(Address::parse(input), Err(expected), "{input:?}");
    }
    assert_eq!(Address::parse(&format!("{}@example.org", "a".repeat(65))), Err(Local));
}

#[test]
fn addresses_compare_without_case_and_hide_in_logs() {
    let ann = Address::parse("Ann@Example.org").expect("a plain address");
    assert_eq!(ann.key(), "ann@example.org");
    assert_eq!(ann.masked(), "A…@example.org");
}

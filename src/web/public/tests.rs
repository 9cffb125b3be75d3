use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn no_form_panics_and_what_was_written_is_read(pairs in prop::collection::vec((".{0,40}", ".{0,200}"), 0..8)) {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        prop_assert_eq!(Form::read(text.as_bytes()).0, pairs);
    }

    #[test]
    fn any_bytes_are_a_form(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let form = Form::read(&bytes);
        prop_assert!(form.get("no such name at all").is_empty() || !form.0.is_empty());
    }
}

//! What a server says by way of refusal: never a panic, the same twice, and nobody taken off by words about us, for now, or before they
//! were named.
#![no_main]

use digest::model::EvidenceKind;
use digest::refusals::{Said, Stage, enhanced, judge, reply_code};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (own, text) = text.split_once('\n').map_or((None, &*text), |(own, text)| (enhanced(own), text));
    let code = reply_code(text).map(|(_, code)| code);
    let of = |stage, code, text: &str| judge(&Said { stage, code, enhanced: own.as_deref(), text, server: "" });
    for stage in [Stage::Envelope, Stage::Recipient, Stage::Message, Stage::Unknown] {
        let class = of(stage, code, text);
        assert!(class == of(stage, code, text), "two judgements differ");
        let hard = |class: digest::model::RefusalClass| class.evidence() == EvidenceKind::Hard;
        assert!(!hard(of(stage, code, &format!("your host is on a block list: {text}"))), "words about us");
        assert!(!hard(of(stage, Some(450), text)), "for now");
        assert!(stage != Stage::Envelope || !hard(class), "nobody was named");
    }
});

//! What each provider's words must come to, and what no words may do.

use proptest::prelude::*;

use super::*;
use crate::model::EvidenceKind;
use RefusalClass::*;

fn at(stage: Stage, text: &str) -> RefusalClass {
    judge(&Said { stage, code: reply_code(text).map(|(_, code)| code), enhanced: None, text, server: "" })
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_dialect_means_what_its_provider_says_that_it_means() {
    let table = [
        (
            NoMailbox,
            "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking it",
        ),
        (
            NoMailbox,
            "550 5.2.1 The email account that you tried to reach is inactive. https://support.google.com/mail/?p=DisabledUser",
        ),
        (
            Rate,
            "550-5.2.1 The user you are trying to contact is receiving mail at a rate that 550-5.2.1 prevents more of it",
        ),
        (Full, "552-5.2.2 The recipient's inbox is out of storage space and inactive."),
        (
            Authentication,
            "550-5.7.26 Unauthenticated email from almanac.example is not accepted due to domain's DMARC policy",
        ),
        (
            NoMailbox,
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ann@inbox.example not found by SMTP address lookup",
        ),
        (NoMailbox, "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"),
        (NoMailbox, "550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> 550 User unknown"),
        (
            Reputation,
            "550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> 550 your host is on our block list",
        ),
        (
            Unproven,
            "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [A.eop-nam02.prod.protection.outlook.com]",
        ),
        (Unproven, "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)."),
        (
            Reputation,
            "550 SC-001 (COL004) Unfortunately, messages from 192.0.2.7 weren't sent. Contact your Internet provider.",
        ),
        (
            NoMailbox,
            "554 delivery error: dd This user doesn't have a yahoo.com account (ann@yahoo.com) [0] - mta1061.mail.example",
        ),
        (
            Disabled,
            "554 30 Sorry, your message to ann@yahoo.com cannot be delivered. This mailbox is disabled (554.30).",
        ),
        (NoMailbox, "552 1 Requested mail action aborted, mailbox not found"),
        (
            Rate,
            "421 4.7.0 [TSS04] Messages from 192.0.2.7 temporarily deferred due to unexpected volume or user complaints",
        ),
        (NoMailbox, "550 5.1.1 <ann@aol.com>: Recipient address rejected: aol.com"),
        (Reputation, "521 5.2.1 :  AOL will not accept delivery of this message."),
        (NoMailbox, "550 5.1.1 <ann@icloud.com>: user does not exist"),
        (NoMailbox, "550 5.1.6 recipient no longer on server: ann@me.com"),
        (NoMailbox, "550 5.7.1 No such user!"),
        (
            NoMailbox,
            "550 Message was not accepted -- invalid mailbox.  Local mailbox ann@mail.ru is unavailable: user not found",
        ),
        (
            Disabled,
            "550 Message was not accepted -- invalid mailbox.  Local mailbox ann@mail.ru is unavailable: account is disabled",
        ),
        (
            NoMailbox,
            "550 Requested action not taken: mailbox unavailable. See https://postmaster.gmx.net/en/error-messages?ip=192.0.2.7&c=ir",
        ),
        (
            Reputation,
            "554-web.de (mxweb004) Nemesis ESMTP Service not available 554-No SMTP service 554 IP address is block listed.",
        ),
        (
            Reputation,
            "554 IP=192.0.2.7 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.example to clarify.)",
        ),
        (NoMailbox, "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]"),
        (Reputation, "550 5.2.0 Mail rejete. Mail rejected. OFR_506 [506]"),
        (Disabled, "550 5.5.0 Le compte du destinataire est bloque. The recipient account is blocked. LPN007_426"),
        (NoMailbox, "550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000728"),
        (Rate, "550 Connection frequency limited http://service.mail.qq.com/cgi-bin/help?subtype=1&&no=1000722"),
        (NoMailbox, "550 User not found: ann@163.com"),
        (Reputation, "554 DT:SPM 163 smtp5,D9GowACHO7 please see http://mail.163.com/help/help_spam_16.htm"),
        (NoMailbox, "550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550 [x.y]"),
        (Policy, "554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554"),
        (Reputation, "554 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=192.0.2.7"),
        (Reputation, "553 5.1.3 http://www.spamhaus.org/query/bl?ip=192.0.2.7"),
        (Rate, "550 5.1.1 <ann@inbox.example> - 192.0.2.7 has sent to too many recipients this hour. IB607"),
        (
            Unproven,
            "550 5.1.1 Amazon SES has suppressed sending to this address, which has a recent history of bouncing as an invalid address",
        ),
        (Full, "5.1.0 - Unknown address error 550-'5.2.2 <ann@inbox.example>... Mailbox Full' (delivery attempts: 0)"),
        (Policy, "5.1.0 - Unknown address error 550-'5.7.1 <x@inbox.example>... Access denied' (delivery attempts: 0)"),
        (NoMailbox, "550 5.1.1 <ann@inbox.example>: Recipient address rejected: User unknown in relay recipient table"),
        (
            NoMailbox,
            "550 5.1.1 <ann@inbox.example>: Recipient address rejected: undeliverable address: host mx.inbox.example said: 550 unknown user",
        ),
        (NoMailbox, "550 sorry, no mailbox here by that name (#5.1.1 - chkuser)"),
        (NoMailbox, "553 sorry, this recipient is not in my validrcptto list (#5.7.1)"),
        (NoDomain, "Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)"),
        (NoMailbox, "550 unknown local-part \"ann\" in domain \"inbox.example\""),
        (NoDomain, "550 Unrouteable address"),
        (NoMailbox, "User ann (ann@inbox.example) not listed in Domino Directory"),
        (NoMailbox, "User not listed in public Name & Address Book"),
        (NoMailbox, "Invalid final delivery userid: ann@inbox.example"),
        (NoMailbox, "551 User has moved; please try <ann@new.example>"),
        (NoDomain, "550 Host does not accept mail"),
    ];
    for (expected, text) in table {
        assert_eq!(at(Stage::Unknown, text), expected, "{text}");
    }
}

#[test]
fn proof_is_needed_and_what_is_about_us_is_about_us_whatever_the_code() {
    let table = [
        (Sender, "550-Verification failed for <news@almanac.example> 550-No Such User Here 550 Sender verify failed"),
        (Sender, "550 Could not verify <news@almanac.example>: unknown user"),
        (Policy, "550 Administrative prohibition"),
        (Reputation, "550 HELO should be a FQDN or address literal"),
        (Reputation, "550 Dynamic addresses are not accepted"),
        (Reputation, "550 5.1.1 Rejected because 192.0.2.1 is in a black list"),
        (Reputation, "550 5.1.1 blocked? no: unknown user"),
        (Sender, "550 5.1.8 Sender address rejected: Domain not found"),
        (Sender, "550 5.1.1 unknown sender"),
        (Greylisted, "450 4.2.0 <ann@inbox.example>: Recipient address rejected: Greylisted"),
        (Policy, "554 5.7.1 <ann@inbox.example>: Relay access denied"),
        (Policy, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"),
        (Size, "552 5.3.4 Message too big"),
        (Temporary, "450 4.1.1 <ann@inbox.example>: Recipient address rejected: User unknown in local recipient table"),
        (Temporary, "550 5.1.1 user temporarily not known"),
        (Unproven, "550 Nope"),
        (Unproven, "550 Requested action not taken: mailbox unavailable"),
        (Unproven, "554 5.0.0 Error"),
        (Unproven, ""),
        (NoMailbox, "550 5.1.1 unknown"),
        (NoMailbox, "550 5.2.1 mailbox disabled"),
        (Disabled, "550 mailbox disabled"),
        (NoMailbox, "550 No user found"),
        (NoMailbox, "550 \"Unknown User\""),
        (NoMailbox, "550 nospam@inbox.example: unknown user"),
    ];
    for (expected, text) in table {
        assert_eq!(at(Stage::Recipient, text), expected, "{text}");
    }
}

#[test]
fn other_languages_are_read() {
    for text in [
        "550 Benutzer nicht bekannt",
        "550 destinataire inconnu",
        "550 El usuario ann@inbox.example no existe",
        "550 utente sconosciuto",
        "550 usuário desconhecido",
        "550 пользователь не найден",
        "550 用户不存在",
        "550 ユーザーが見つかりません",
        "550 존재하지 않는 사용자",
    ] {
        assert_eq!(at(Stage::Recipient, text), NoMailbox, "{text}");
    }
    for text in
        ["552 Postfach ist voll", "552 boîte aux lettres pleine", "552 почтовый ящик переполнен", "552 邮箱已满"]
    {
        assert_eq!(at(Stage::Recipient, text), Full, "{text}");
    }
}

#[test]
fn the_stage_says_whom_a_refusal_can_be_about() {
    assert_eq!(at(Stage::Envelope, "550 user unknown"), Sender, "nobody but us was named");
    assert_eq!(at(Stage::Envelope, "450 wait"), Temporary);
    assert_eq!(at(Stage::Recipient, "550 no"), Unproven);
    assert_eq!(at(Stage::Message, "550 no"), Policy, "the recipient had been taken");
    assert_eq!(at(Stage::Message, "550 5.1.1 no such user"), NoMailbox);
    let docomo = |stage| {
        let text = "550 Unknown user ann@docomo.example";
        judge(&Said { stage, code: Some(550), enhanced: None, text, server: "dns; mfsmax.docomo.ne.jp" })
    };
    assert_eq!((docomo(Stage::Recipient), docomo(Stage::Message)), (NoMailbox, Unproven));
}

#[test]
fn a_reply_code_is_found_where_a_server_gives_one() {
    for (text, expected) in [
        ("550 no", Some((0, 550))),
        ("said: 550-5.1.1 no", Some((6, 550))),
        ("(reason: 452 full)", Some((9, 452))),
        ("<<< 553 no", Some((4, 553))),
        ("#550 5.1.1 RESOLVER#", Some((1, 550))),
        ("'550-no'", Some((1, 550))),
        ("in 5504 seconds", None),
        ("192.0.2.550 x", None),
        ("mx550.example", None),
        ("", None),
        ("ü550 ü", None),
    ] {
        assert_eq!(reply_code(text), expected, "{text}");
    }
}

#[test]
fn each_dialect_has_its_source_and_something_to_be_known_by() {
    for row in dialects::DIALECTS {
        assert!(!row.source.is_empty() && (!row.marks.is_empty() || !row.says.is_empty()), "{:?}", row.says);
    }
}

fn stages() -> impl Strategy<Value = Stage> {
    prop::sample::select(vec![Stage::Envelope, Stage::Recipient, Stage::Message, Stage::Unknown])
}

/// What a server might say of a mailbox, with any code before it.
fn verdicts() -> impl Strategy<Value = String> {
    let words = ["user unknown", "no such user", "mailbox not found", "the account does not exist", "no", ""];
    let codes = ["550", "550 5.1.1", "550 5.1.10", "551 5.1.6", "550 5.2.1", "554", "450 4.1.1", ""];
    (prop::sample::select(codes.to_vec()), prop::sample::select(words.to_vec())).prop_map(|(a, b)| format!("{a} {b}"))
}

proptest! {
    #[test]
    fn no_words_panic(text in ".*", server in ".*", code in prop::option::of(0..1000_u16), stage in stages(), own in prop::option::of(".*")) {
        judge(&Said { stage, code, enhanced: own.as_deref(), text: &text, server: &server });
        reply_code(&text);
        enhanced(&text);
    }

    #[test]
    fn words_about_us_never_take_anybody_off(
        phrase in prop::sample::select(phrases::all_about_us()),
        said in verdicts(),
        before in any::<bool>(),
        stage in stages(),
        own in prop::sample::select(vec![None, Some("5.1.1"), Some("5.1.10")]),
    ) {
        let phrase = phrase.replace(" * ", " ");
        let text = if before { format!("{said}: {phrase}") } else { format!("550 {phrase}; {said}") };
        let code = reply_code(&text).map(|(_, code)| code);
        let class = judge(&Said { stage, code, enhanced: own, text: &text, server: "" });
        prop_assert_ne!(class.evidence(), EvidenceKind::Hard, "{}", text);
    }

    #[test]
    fn nobody_is_taken_off_for_now(said in verdicts(), code in 400..500_u16, stage in stages()) {
        let class = judge(&Said { stage, code: Some(code), enhanced: None, text: &said, server: "" });
        prop_assert_ne!(class, NoMailbox);
    }

    #[test]
    fn words_that_nobody_knows_prove_nothing(word in "[bcdfgjkqvwxz]{3,12}", stage in stages()) {
        let class = at(stage, &format!("550 {word}"));
        prop_assert_ne!(class, NoMailbox);
    }
}

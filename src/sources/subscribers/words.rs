//! The words by which lists say where a subscriber stands, in many languages: states, yes and no, and the parts of headings behind
//! which an opt-out may hide. Data, and how it is looked up; knows no file.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::meaning::key;
use crate::model::SubscriberStatus;

/// A subscriber's state according to a row.
pub type State = SubscriberStatus;

use SubscriberStatus::{Bounced, Complained, Confirmed, Pending, Unsubscribed};

/// Words for a state, as [`key`] writes them.
#[rustfmt::skip]
const STATES: &[(State, &[&str])] = &[
    (Confirmed, &["confirmed", "active", "subscribed", "enabled", "opted-in", "opt-in", "subscriber", "verified",
        "aktiv", "angemeldet", "abonniert", "bestätigt", "eingetragen", "actif", "active", "abonné", "abonnée", "inscrit", "inscrite", "confirmé",
        "activo", "activa", "suscrito", "suscrita", "confirmado", "ativo", "ativa", "inscrito", "inscrita", "assinante",
        "attivo", "attiva", "iscritto", "iscritta", "confermato", "actief", "ingeschreven", "aangemeld", "bevestigd",
        "tilmeldt", "påmeldt", "prenumererar", "bekräftad", "aktiivinen", "tilaaja", "vahvistettu", "aktywny", "zapisany", "potwierdzony",
        "aktivní", "přihlášen", "potvrzen", "feliratkozott", "aktív", "activ", "abonat", "aktif", "abone", "onaylı",
        "активен", "активный", "подписан", "подтвержден", "активний", "підписаний", "有効", "購読中", "登録済み", "已订阅", "活跃", "已訂閱",
        "구독중", "활성", "نشط", "مشترك", "פעיל", "רשום"]),
    (Pending, &["pending", "unconfirmed", "not confirmed", "unverified", "unactivated", "waiting", "awaiting confirmation", "validating",
        "invited", "ausstehend", "unbestätigt", "nicht bestätigt", "wartend", "en attente", "non confirmé", "pendiente", "sin confirmar",
        "no confirmado", "pendente", "não confirmado", "in attesa", "non confermato", "in afwachting", "onbevestigd", "afventer", "venter",
        "väntar", "obekräftad", "odottaa", "vahvistamaton", "oczekujący", "oczekuje", "niepotwierdzony", "čeká", "čekající", "nepotvrzen",
        "függőben", "în așteptare", "neconfirmat", "beklemede", "onaylanmadı", "ожидает", "ожидание", "не подтвержден", "очікує",
        "保留中", "未確認", "待确认", "未确认", "待確認", "대기중", "미확인", "قيد الانتظار", "ממתין"]),
    (Unsubscribed, &["unsubscribed", "unsubscribe", "unsub", "opted-out", "opt-out", "opted out of email", "cancelled", "canceled", "removed", "deleted",
        "blocked", "blocklisted", "blacklisted", "suppressed", "do not contact", "do not email", "do not mail", "dnc", "no mail", "no email",
        "inactive", "disabled", "deactivated", "archived", "not subscribed", "non-subscribed", "no consent", "refused", "declined", "revoked",
        "withdrawn", "churned", "left the list", "resigned",
        "abgemeldet", "abgemeldete", "abmeldung", "ausgetragen", "gekündigt", "gesperrt", "inaktiv", "gelöscht", "widerrufen", "widersprochen",
        "abbestellt", "blockiert", "keine E-Mail", "keine Werbung", "deaktiviert", "nicht angemeldet",
        "désabonné", "désabonnée", "désinscrit", "désinscrite", "inactif", "inactive", "bloqué", "supprimé", "annulé", "résilié", "refusé", "non inscrit",
        "baja", "dado de baja", "de baja", "cancelado", "cancelada", "desuscrito", "inactivo", "inactiva", "bloqueado", "eliminado", "no suscrito",
        "anulado", "rechazado", "descadastrado", "inativo", "cancelou", "desinscrito", "removido", "não inscrito", "excluído",
        "disiscritto", "disiscritta", "cancellato", "inattivo", "bloccato", "annullato", "rimosso", "non iscritto", "eliminato",
        "uitgeschreven", "afgemeld", "inactief", "geblokkeerd", "opgezegd", "verwijderd", "niet ingeschreven",
        "afmeldt", "frameldt", "avmeldt", "utmeldt", "avregistrerad", "avprenumererad", "avanmäld", "uppsagd", "blockerad", "blokeret", "slettet",
        "peruutettu", "peruuttanut", "estetty", "poistettu", "ei tilaaja", "wypisany", "wypisana", "nieaktywny", "zablokowany", "usunięty",
        "zrezygnował", "odhlášen", "odhlášený", "neaktivní", "zablokován", "smazán", "leiratkozott", "letiltva", "törölt", "inaktív",
        "dezabonat", "inactiv", "blocat", "abonelikten çıktı", "ayrıldı", "pasif", "engellendi", "iptal", "silindi",
        "отписан", "отписался", "отписалась", "неактивен", "неактивный", "заблокирован", "удален", "отказ", "відписаний", "неактивний",
        "配信停止", "停止", "退会", "解除", "解除済み", "無効", "购阅取消", "退订", "已退订", "取消订阅", "已取消", "退訂", "已退訂", "取消訂閱", "黑名单",
        "수신거부", "구독취소", "해지", "차단", "ملغى", "غير مشترك", "محظور", "הוסר", "לא פעיל", "חסום"]),
    (Bounced, &["bounced", "bounce", "hard bounce", "hard bounced", "hardbounces", "soft bounce", "soft bounced", "undeliverable", "undelivered", "unreachable",
        "invalid", "cleaned", "rejected", "dead", "not deliverable", "mailbox full", "does not exist",
        "unzustellbar", "ungültig", "nicht zustellbar", "zurückgewiesen", "invalide", "non valide", "rejeté", "rebotado", "rebote", "inválido",
        "no válido", "devolvido", "rejeitado", "rimbalzato", "non valido", "respinto", "ongeldig", "onbestelbaar", "studsade", "ogiltig", "ugyldig",
        "virheellinen", "palautunut", "odbity", "odrzucony", "nieprawidłowy", "neplatný", "nedoručitelný", "visszapattant", "érvénytelen", "invalid",
        "geçersiz", "ulaşılamaz", "недоставлен", "недействителен", "недоступен", "недійсний", "不達", "エラー", "無効アドレス", "退信", "无效", "無效",
        "반송", "무효", "مرتد", "לא תקין"]),
    (Complained, &["complained", "complaint", "spam", "spam complaint", "spam report", "reported spam", "marked as spam", "abuse", "junk", "abuse complaint",
        "Beschwerde", "Spam gemeldet", "plainte", "signalé comme spam", "queja", "reclamo", "denuncia", "reclamação", "denunciado", "reclamo", "segnalato",
        "klacht", "klage", "klagomål", "valitus", "skarga", "stížnost", "panasz", "plângere", "şikayet", "жалоба", "скарга", "迷惑メール", "苦情", "投诉",
        "投訴", "스팸", "신고", "شكوى", "תלונה"]),
];

#[rustfmt::skip]
const YES: &[&str] = &["yes", "y", "true", "t", "1", "x", "on", "ok", "yep", "ja", "j", "wahr", "oui", "o", "vrai", "si", "s", "verdadero", "sim",
    "verdadeiro", "vero", "waar", "sann", "sant", "sand", "kyllä", "tosi", "tak", "prawda", "ano", "pravda", "áno", "igen", "igaz", "da", "adevărat", "evet", "e",
    "doğru", "ναι", "да", "истина", "так", "はい", "有", "是", "真", "예", "네", "نعم", "כן", "1.0"];
#[rustfmt::skip]
const NO: &[&str] = &["no", "never", "n", "false", "f", "0", "off", "none", "nope", "nein", "falsch", "keine", "keiner", "non", "faux", "falso", "não", "nee",
    "onwaar", "nej", "nei", "falsk", "usann", "ei", "epätosi", "nie", "fałsz", "ne", "nepravda", "nem", "hamis", "nu", "fals", "hayır", "h", "yanlış", "όχι", "нет", "ложь", "ні",
    "いいえ", "无", "無", "否", "假", "不", "아니오", "아니요", "لا", "לא", "0.0"];

/// Parts of headings that ask whether somebody said no.
#[rustfmt::skip]
const OUT: &[(State, &[&str])] = &[
    (Complained, &["complain", "complaint", "spam", "abuse", "junk", "beschwerde", "plainte", "queja", "reclam", "klacht", "klagomal", "жалоб"]),
    (Bounced, &["bounce", "undeliver", "unreachable", "unzustellbar", "rebot", "devolvid", "rimbalz", "onbestelbaar", "studs", "invalid", "ungultig"]),
    (Unsubscribed, &["unsub", "opt-out", "opted-out", "opting-out", "do not email", "do not contact", "do not mail", "do not send", "don't email",
        "don't contact", "don't mail", "dont send", "no mail", "no email", "suppress", "blocked", "blocklist", "blacklist", "denylist", "remove", "deleted",
        "cancel", "disabled", "deactivat", "deceased", "withdraw", "withdrawn", "revoke", "objection", "objected", "inactive", "declined", "refused", "never mail",
        "stop mail", "stop email", "left on", "left at", "departed",
        "abgemeldet", "abmeld", "ausgetragen", "austrag", "widerruf", "widerspr", "sperr", "gesperrt", "kündig", "keine mail", "keine e-mail", "keine werbung",
        "kein newsletter", "keinen newsletter", "nicht anschreiben", "nicht kontakt", "nicht mailen", "gelöscht", "abbestell", "inaktiv", "gestrichen", "blockiert",
        "désabonn", "désinscr", "ne pas contacter", "ne pas envoyer", "ne pas écrire", "plus de mail", "refus", "bloqué", "supprim", "résili", "opposition",
        "de baja", "fecha baja", "baja", "no contactar", "no enviar", "no molestar", "bloquead", "eliminad", "desuscri", "rechaz", "revoca", "darse de baja",
        "descadastr", "não contatar", "não enviar", "não contactar", "removid", "excluid", "desinscri", "desist",
        "disiscri", "non contattare", "non inviare", "non scrivere", "bloccat", "rimoss", "disdett", "annullat", "rifiut",
        "afgemeld", "uitgeschreven", "uitschrij", "afmeld", "opgezegd", "niet mailen", "geen mail", "geen nieuwsbrief", "geblokkeerd", "verwijderd",
        "avmeld", "avregistr", "avprenumer", "avanmäl", "frameld", "utmeld", "ikke kontakt", "ikke send", "inte kontakta", "blokk", "blokeret", "blockera", "slettet", "uppsagd", "reservert",
        "peruut", "peruuttan", "estetty", "poistettu", "kielto", "wypisan", "rezygn", "zablokowan", "usuniet", "usunięt", "nie kontaktowac", "nie wysyłać", "sprzeciw",
        "odhlás", "zrušen", "blokován", "smazán", "odvolán", "neposílat", "nekontaktovat", "leiratkoz", "letilt", "törölt", "lemond", "dezabon", "blocat", "șters",
        "abonelikten", "ayrıl", "iptal", "engel", "διαγραφ", "απεγγραφ", "отпис", "отказ", "заблок", "удален", "не писать", "не отправлять", "відпис", "відмов",
        "配信停止", "購読解除", "解除", "退会", "配信拒否", "拒否", "不要", "退订", "退訂", "取消", "拒收", "黑名单", "黑名單", "수신거부", "구독취소", "해지", "차단",
        "الغاء", "حظر", "הסרה", "הוסר", "חסום"]),
];
/// Headings of that kind that are a whole word.
const OUT_WHOLE: &[&str] = &["dnc", "dne", "left", "out", "stop", "block", "dead", "gone", "bad", "quit", "stopped"];

/// Parts of headings that ask whether somebody said yes.
#[rustfmt::skip]
const IN: &[&str] = &["subscrib", "subscription", "opt-in", "opted-in", "consent", "permission", "agree", "accepts", "accepted", "allow", "gdpr", "dsgvo", "rgpd", "avg toestemming",
    "marketing", "newsletter", "mailing list", "mailable", "emailable", "contactable", "can email", "may email", "ok to", "okay to", "active", "enabled", "is member", "wants", "receive",
    "einwillig", "zustimm", "erlaub", "einverstand", "darf", "kontakt erlaubt", "werbung", "aktiv", "angemeldet", "abonniert", "freigabe", "eingetragen", "rundbrief", "bezieht",
    "consentement", "abonné", "inscrit", "autoris", "accepte", "actif", "infolettre", "lettre d'information", "reçoit", "consentimiento", "suscri", "acepta", "autoriza", "activo", "boletín", "recibe",
    "consentimento", "inscri", "aceita", "ativo", "assinante", "boletim", "consenso", "iscritt", "accett", "autorizz", "attivo", "riceve", "toestemming", "akkoord", "aangemeld", "ingeschreven", "actief", "nieuwsbrief",
    "samtyk", "samtyck", "tillat", "tillåt", "prenumer", "tilmeld", "påmeld", "nyhedsbrev", "nyhetsbrev", "nyhetsbrev", "suostumus", "tilaaja", "uutiskirje", "zgoda", "zapisan", "aktywn", "biuletyn", "souhlas", "súhlas", "přihlá",
    "hozzájárul", "feliratkoz", "hírlevél", "abonat", "consimț", "onay", "izinli", "abone", "aktif", "bülten", "συγκαταθ", "συναιν", "εγγεγραμ", "согласи", "подпис", "активн", "разреш", "рассыл", "згода", "підпис", "розсил",
    "同意", "許可", "購読", "配信", "メルマガ", "订阅", "訂閱", "许可", "동의", "구독", "수신", "موافق", "اشتراك", "הסכמה", "אישור", "דיוור"];
/// Headings of that kind that are a whole word.
const IN_WHOLE: &[&str] =
    &["ok", "okay", "activ", "lupa", "izin", "accord", "acord", "mailing", "member", "enabled", "send", "news"];
/// Ends of headings behind which no yes or no is expected, however they begin: the kind of a subscription, its number, its language.
#[rustfmt::skip]
const ABOUT: &[&str] = &["type", "plan", "tier", "source", "id", "url", "link", "name", "count", "frequency", "level", "price", "currency", "interval",
    "notes", "note", "comment", "language", "campaign", "campaigntitle", "campaignid", "reason", "rate", "text", "version", "page", "form", "method",
    "medium", "referrer", "amount", "country", "activity", "activeat", "lastactive", "until", "expires", "expiry", "number", "device", "format"];

/// Headings of columns that hold a word for a state.
#[rustfmt::skip]
const STATE_PARTS: &[&str] = &["status", "statut", "статус", "ステータス", "状态", "狀態", "状態", "상태", "الحالة"];
/// The same, but as often of something else, such as a part of a country.
#[rustfmt::skip]
const STATE_MAYBE: &[&str] = &["state", "zustand", "estado", "etat", "stato", "stav", "stan", "állapot", "durum", "staat", "tila", "состояние", "type", "list", "lists",
    "group", "groups", "segment", "category", "lifecycle", "lifecycle stage", "kind", "typ", "tipo", "gruppe", "liste", "lista", "listname", "member type"];

/// What a heading may say about somebody's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspicion {
    /// It may say that somebody said no.
    Out(State),
    /// It may say that somebody said yes, and so, elsewhere in the column, that others did not.
    In,
    /// It may hold a word for a state.
    State,
    /// It may hold a word for a state, or something else.
    Maybe,
}

/// What a cell says, as far as words go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Empty,
    Yes,
    No,
    Other,
}

/// Words to what they mean, each brought to the form in which headings compare.
static STATE_WORDS: LazyLock<HashMap<String, State>> = LazyLock::new(|| {
    let all = STATES.iter().flat_map(|(state, words)| words.iter().map(|word| (key(word), *state)));
    // Where two languages disagree over a word, the one that takes its subscriber off counts.
    all.fold(HashMap::new(), |mut map, (word, state)| {
        map.entry(word).and_modify(|old: &mut State| *old = worse(*old, state)).or_insert(state);
        map
    })
});

type Parts = (Vec<(State, String)>, Vec<String>);
static HEADING_PARTS: LazyLock<Parts> = LazyLock::new(|| {
    let out = OUT.iter().flat_map(|(state, parts)| parts.iter().map(|part| (*state, key(part)))).collect();
    (out, IN.iter().map(|part| key(part)).collect())
});
static YES_WORDS: LazyLock<Vec<String>> = LazyLock::new(|| YES.iter().map(|word| key(word)).collect());
static NO_WORDS: LazyLock<Vec<String>> = LazyLock::new(|| NO.iter().map(|word| key(word)).collect());

/// The state that keeps its subscriber further from the mail.
pub fn worse(a: State, b: State) -> State {
    let rank = |state: State| match state {
        Confirmed => 0,
        Pending => 1,
        Bounced => 2,
        // People who left stay off the list, whatever a bounce allows.
        Unsubscribed => 3,
        Complained => 4,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// The state that a word means in any list.
pub fn state(word: &str) -> Option<State> {
    // Nothing of a million free texts is compared in full.
    if word.is_empty() || word.len() > 60 {
        return None;
    }
    STATE_WORDS.get(&key(word)).copied()
}

/// Whether a word can mean nothing else than that its subscriber is not to be mailed.
pub fn is_no_mail(word: &str) -> bool {
    state(word).is_some_and(State::is_gone)
}

/// Whether a cell is a yes or a no.
pub fn yes_or_no(cell: &str) -> Word {
    let cell = cell.trim();
    if matches!(cell, "" | "-" | "–" | "—" | "." | "?" | "n/a" | "N/A" | "null" | "NULL") {
        return Word::Empty;
    }
    if cell.len() > 40 {
        return Word::Other;
    }
    match cell {
        "✓" | "✔" | "✅" | "☑" | "+" => return Word::Yes,
        "✗" | "✘" | "❌" | "☐" => return Word::No,
        _ => {}
    }
    let word = key(cell);
    if YES_WORDS.contains(&word) {
        Word::Yes
    } else if NO_WORDS.contains(&word) {
        Word::No
    } else {
        Word::Other
    }
}

/// What a heading, as [`key`] writes it, may say about somebody's state.
pub fn suspicion(heading: &str) -> Option<Suspicion> {
    let ends_so = ABOUT.iter().any(|end| heading.ends_with(end));
    let (out, yes) = &*HEADING_PARTS;
    if let Some((state, _)) = out.iter().find(|(_, part)| heading.contains(part.as_str())) {
        return Some(Suspicion::Out(*state));
    }
    if OUT_WHOLE.contains(&heading) {
        return Some(Suspicion::Out(Unsubscribed));
    }
    if STATE_PARTS.iter().any(|part| heading.contains(&key(part))) {
        return Some(Suspicion::State);
    }
    if STATE_MAYBE.iter().any(|whole| heading == key(whole)) {
        return Some(Suspicion::Maybe);
    }
    let asks = yes.iter().any(|part| heading.contains(part.as_str())) || IN_WHOLE.contains(&heading);
    match (asks, ends_so) {
        (true, false) => Some(Suspicion::In),
        (true, true) => Some(Suspicion::Maybe),
        (false, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_a_state_in_many_languages() {
        for (word, expected) in [
            ("Unsubscribed", Some(Unsubscribed)),
            ("opted out", Some(Unsubscribed)),
            ("ABGEMELDET", Some(Unsubscribed)),
            ("désabonné", Some(Unsubscribed)),
            ("Dado de baja", Some(Unsubscribed)),
            ("отписался", Some(Unsubscribed)),
            ("退订", Some(Unsubscribed)),
            ("수신거부", Some(Unsubscribed)),
            ("hard_bounced", Some(Bounced)),
            ("Cleaned", Some(Bounced)),
            ("reported-spam", Some(Complained)),
            ("en attente", Some(Pending)),
            ("Subscribed", Some(Confirmed)),
            ("aktív", Some(Confirmed)),
            // Hungarian and Romanian write it alike: it is never taken for a yes.
            ("invalid", Some(Bounced)),
            ("gold", None),
            ("", None),
        ] {
            assert_eq!(state(word), expected, "{word}");
        }
    }

    #[test]
    fn cells_are_yes_or_no_in_many_languages() {
        for (cell, expected) in [
            ("Yes", Word::Yes),
            ("JA", Word::Yes),
            ("sí", Word::Yes),
            ("✓", Word::Yes),
            ("да", Word::Yes),
            ("はい", Word::Yes),
            ("Nein", Word::No),
            ("não", Word::No),
            ("нет", Word::No),
            ("0", Word::No),
            ("아니요", Word::No),
            (" ", Word::Empty),
            ("-", Word::Empty),
            ("perhaps", Word::Other),
        ] {
            assert_eq!(yes_or_no(cell), expected, "{cell}");
        }
    }

    #[test]
    fn headings_that_may_hide_an_opt_out_are_feared() {
        let out = Some(Suspicion::Out(Unsubscribed));
        for (heading, expected) in [
            ("Unsubscribed", out),
            ("opted_out", out),
            ("HasOptedOutOfEmail", out),
            ("do not email", out),
            ("Do-Not-Contact", out),
            ("Abgemeldet?", out),
            ("Widerruf am", out),
            ("désabonné(e)", out),
            ("Fecha de baja", out),
            ("Nicht anschreiben", out),
            ("Blocked", out),
            ("Отписка", out),
            ("配信停止", out),
            ("退订", out),
            ("수신거부", out),
            ("email_disabled", out),
            ("Hard bounces", Some(Suspicion::Out(Bounced))),
            ("Spam complaint", Some(Suspicion::Out(Complained))),
            ("Consent", Some(Suspicion::In)),
            ("Einwilligung", Some(Suspicion::In)),
            ("Accepts Marketing", Some(Suspicion::In)),
            ("subscribed_to_emails", Some(Suspicion::In)),
            ("Zgoda na newsletter", Some(Suspicion::In)),
            ("同意", Some(Suspicion::In)),
            ("Email status", Some(Suspicion::State)),
            ("State", Some(Suspicion::Maybe)),
            ("Subscription type", Some(Suspicion::Maybe)),
            ("City", None),
            ("Company", None),
            ("Activity", None),
            ("Favourite magazine", None),
        ] {
            assert_eq!(suspicion(&key(heading)), expected, "{heading}");
        }
    }
}

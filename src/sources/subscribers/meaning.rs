//! What a column of a list can say about its subscriber, the names by which `--map` calls it, and the usual headings of such
//! columns in many languages. Knows no file and no value.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::model::SubscriberStatus;

/// What the cells of a column mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Email,
    Name,
    FirstName,
    LastName,
    /// Names of editions, joined by `;`.
    Editions,
    /// A word for where the subscriber stands.
    Status,
    /// Yes, or a date, takes its subscriber off; no, or nothing, says nothing.
    OptedOut(SubscriberStatus),
    /// No removes the subscriber; only yes, or a date, lets them be mailed.
    OptedIn,
    /// When they left. If filled, it removes the subscriber.
    LeftAt(SubscriberStatus),
    /// When they left, if another column says why; without one, it removes the subscriber as unsubscribed.
    Left,
    /// Which mails they get; nothing means none.
    Receives,
    /// Why they left.
    Reason,
    Created,
    /// When they asked to be on the list: evidence of consent.
    OptInTime,
    OptInNetwork,
    /// When they confirmed: evidence of consent. A plain yes or no is read, too.
    ConfirmTime,
    ConfirmNetwork,
    /// Where consent came from, in words.
    Consent,
    Paused,
    /// The record of consent, as in our own export.
    History,
    /// Several words, in a merge field `tags`.
    Tags,
    /// An object of merge fields, as JSON or as Python prints one.
    Attributes,
    /// A merge field of the column's name.
    Field,
    Ignored,
}

use Meaning::*;

/// The words for `--map COLUMN=MEANING`.
pub const NAMES: &[(&str, Meaning)] = &[
    ("email", Email),
    ("name", Name),
    ("first_name", FirstName),
    ("last_name", LastName),
    ("editions", Editions),
    ("status", Status),
    ("opted_out", OptedOut(SubscriberStatus::Unsubscribed)),
    ("opted_in", OptedIn),
    ("left", LeftAt(SubscriberStatus::Unsubscribed)),
    ("reason", Reason),
    ("created", Created),
    ("opt_in_time", OptInTime),
    ("opt_in_network", OptInNetwork),
    ("confirmed", ConfirmTime),
    ("confirm_network", ConfirmNetwork),
    ("consent", Consent),
    ("tags", Tags),
    ("attributes", Attributes),
    ("field", Field),
    ("ignore", Ignored),
];

/// Headings with one meaning in any list, as [`key`] writes them. Of several columns with one meaning the earliest heading here counts.
#[rustfmt::skip]
const HEADINGS: &[(Meaning, &[&str])] = &[
    (Email, &["email", "emailaddress", "emails", "mail", "mailaddress", "emailaddresse", "emailadresse", "mailadresse",
        "deineemailadresse", "ihreemailadresse", "adresseemail", "adressemail", "courriel", "adressecourriel", "votreadressemail",
        "correo", "correoelectronico", "direccioncorreo", "direcciondecorreo", "direcciondecorreoelectronico", "direccionemail",
        "enderecodeemail", "enderecoemail" , "correioeletronico", "indirizzoemail", "indirizzodiposta",
        "indirizzomail", "postaelettronica", "emailadres", "mailadres", "epost", "epostadress", "epostadresse", "eposta",
        "epostaadresi" , "sahkoposti", "sahkopostiosoite", "adresemail", "adresmail", "emailovaadresa",
        "emailcim", "adresadeemail", "ηλεκτρονικηδιευθυνση", "электроннаяпочта", "почта", "адресэлектронноипочты",
        "メールアトレス", "メール", "eメール", "电子邮件", "邮箱", "电子邮箱", "電子郵件", "이메일", "이메일주소", "البريدالالكتروني",
        "subscriber", "subscriberemail", "primaryemail", "contactemail", "useremail", "email1", "email1value"]),
    (FirstName, &["firstname", "fname", "givenname", "forename", "vorname", "prenom", "nombre", "primeironome", "nomeproprio",
        "voornaam", "fornavn", "fornamn", "etunimi", "imie", "jmeno", "keresztnev", "prenume", "adi", "ad", "имя", "名", "名前名"]),
    (LastName, &["lastname", "lname", "surname", "familyname", "nachname", "familienname", "nomdefamille", "apellido", "apellidos",
        "sobrenome", "apelido", "cognome", "achternaam", "efternavn", "etternavn", "efternamn", "sukunimi", "nazwisko", "prijmeni",
        "vezeteknev", "soyad", "soyadi", "фамилия", "姓"]),
    (Name, &["name", "fullname", "displayname", "contactname", "subscribername", "nom", "nome", "naam", "navn", "namn", "nimi",
        "nazwa", "nev", "nume", "isim", "nomecompleto", "nombrecompleto", "nomcomplet", "vollstandigername", "имяифамилия",
        "氏名", "名前", "姓名", "이름", "الاسم", "ονομα"]),
    (Editions, &["editions", "edition"]),
    (Created, &["created", "createdat", "createdon", "createddate", "datecreated", "creationdate", "dateadded", "addedat", "added",
        "addedon", "addedtime", "joined", "joinedat", "datejoined", "registered", "registeredat", "registrationdate", "erstellt",
        "erstelltam", "angelegtam", "hinzugefugtam", "datedecreation", "creele", "fechadecreacion", "creadoel", "datadecriacao",
        "criadoem", "datadicreazione", "creatoil", "aangemaaktop", "oprettet", "skapad", "luotu", "utworzono", "vytvoreno",
        "letrehozva", "создан", "датасоздания", "作成日", "登録日", "创建时间", "創建時間", "생성일"]),
    (OptInTime, &["optintime", "optindate", "optedinat", "optinat", "subscribedat", "subscribedon", "subscribeddate", "datesubscribed",
        "subscribedate", "subscriptiondate", "signupdate", "signupat", "signedupat", "signeduptime", "consentdate", "consentat",
        "consentgivenat", "consenttime", "anmeldedatum", "angemeldetam", "eingetragenam", "einwilligungam", "einwilligungsdatum",
        "datedinscription", "inscritle", "dateabonnement", "fechadesuscripcion", "fechadealta", "suscritoel", "datadeinscricao",
        "inscritoem", "datadiiscrizione", "iscrittoil", "aanmelddatum", "ingeschrevenop", "tilmeldtden", "anmaldesdatum"]),
    (OptInNetwork, &["optinip", "ipaddress", "signupip", "subscribedip", "optinipaddress", "consentip", "ip"]),
    (ConfirmTime, &["confirmed", "confirmtime", "confirmedat", "confirmedon", "confirmationtime", "confirmationdate", "dateconfirmed",
        "bestatigtam", "confirmele", "confirmadoel", "confirmadoem", "confermatoil", "bevestigdop"]),
    (ConfirmNetwork, &["confirmip", "confirmationip", "confirmedip"]),
    (LeftAt(SubscriberStatus::Unsubscribed), &["unsubscribedat", "unsubscribedate", "unsubscribedon", "dateunsubscribed", "unsubtime",
        "unsubscriptiondate", "optedoutat", "optoutdate", "optouttime", "abgemeldetam", "abmeldedatum", "desabonnele",
        "datededesinscription", "desinscritle", "fechadebaja", "canceladoel", "disiscrittoil", "uitgeschrevenop", "afgemeldop"]),
    (LeftAt(SubscriberStatus::Bounced), &["bouncedat", "bouncedate", "cleantime", "hardbouncedat"]),
    (LeftAt(SubscriberStatus::Complained), &["complainedat", "complaintdate", "spamreportedat"]),
    (Left, &["left"]),
    (Reason, &["unsubreason", "unsubscribereason", "optoutreason", "bouncereason", "unsubscribedreason", "suppressionreason"]),
    (Tags, &["tags", "labels", "tag", "schlagworte", "schlagworter", "etiquettes", "etiquetas", "etichette", "labelnamen", "tagy"]),
];

/// A heading for comparing: letters and digits alone, lower case, without accents, so that `E-Mail`, `e_mail` and `EMAIL` are one.
pub fn key(text: &str) -> String {
    if text.is_ascii() {
        return text.bytes().filter(u8::is_ascii_alphanumeric).map(|b| char::from(b.to_ascii_lowercase())).collect();
    }
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    plain.filter(|c| c.is_alphanumeric()).nfc().collect()
}

/// The meaning of a heading that has one in any list, and its rank among those that mean the same, the surest first.
pub fn of_heading(key: &str) -> Option<(Meaning, usize)> {
    HEADINGS.iter().find_map(|(meaning, names)| Some((*meaning, names.iter().position(|name| *name == key)?)))
}

/// The meaning that `--map` calls so.
pub fn by_name(name: &str) -> Option<Meaning> {
    let name = name.trim().to_lowercase().replace([' ', '-'], "_");
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_told_apart_whatever_their_dress() {
        for (heading, meaning) in [
            ("E-Mail", Email),
            ("Deine E-Mail Adresse", Email),
            ("Correo electrónico", Email),
            ("メールアドレス", Email),
            ("First Name", FirstName),
            ("FNAME", FirstName),
            ("Prénom", FirstName),
            ("OPTIN_TIME", OptInTime),
            ("unsubscribed_at", LeftAt(SubscriberStatus::Unsubscribed)),
        ] {
            assert_eq!(of_heading(&key(heading)).map(|(meaning, _)| meaning), Some(meaning), "{heading}");
        }
        assert_eq!(of_heading(&key("City")), None);
    }

    #[test]
    fn every_heading_is_written_as_headings_are_compared_and_stands_once() {
        let mut seen = std::collections::BTreeSet::new();
        for name in HEADINGS.iter().flat_map(|(_, names)| *names) {
            assert_eq!(key(name), *name);
            assert!(seen.insert(name), "{name} stands twice");
        }
    }
}

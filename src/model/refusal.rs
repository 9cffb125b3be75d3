//! What a refusal says about a subscriber, and what is kept as evidence. Does not know servers' wording.

/// What a server meant by a refusal, as far as its words and codes prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalClass {
    /// Proven: there is no such mailbox, or it moved away for good.
    NoMailbox,
    /// The mailbox is there, but closed, suspended or locked; it may be opened again.
    Disabled,
    /// The mailbox is full.
    Full,
    /// The domain, or the way to it, was not found; a name server's fault looks the same.
    NoDomain,
    /// It may pass: a server that is down or busy, a timeout.
    Temporary,
    /// A rejection without a reason, or with one that proves nothing.
    Unproven,
    /// Greylisting.
    Greylisted,
    /// We sent too much, too fast, or on too many connections.
    Rate,
    /// Our envelope sender or From was not accepted, or could not be verified by a callout.
    Sender,
    /// SPF, DKIM, DMARC, TLS or a login.
    Authentication,
    /// A block list, bad reputation, our address's reverse name, HELO.
    Reputation,
    /// The text, its form, an attachment or a link in it.
    Content,
    /// The message is too big.
    Size,
    /// Relaying, permissions, local rules.
    Policy,
}

impl RefusalClass {
    pub const ALL: [Self; 14] = [
        Self::NoMailbox,
        Self::Disabled,
        Self::Full,
        Self::NoDomain,
        Self::Temporary,
        Self::Unproven,
        Self::Greylisted,
        Self::Rate,
        Self::Sender,
        Self::Authentication,
        Self::Reputation,
        Self::Content,
        Self::Size,
        Self::Policy,
    ];

    /// How it counts for the subscriber list.
    pub fn evidence(self) -> EvidenceKind {
        match self {
            Self::NoMailbox => EvidenceKind::Hard,
            Self::Disabled | Self::Full | Self::NoDomain | Self::Temporary | Self::Unproven => EvidenceKind::Soft,
            Self::Greylisted
            | Self::Rate
            | Self::Sender
            | Self::Authentication
            | Self::Reputation
            | Self::Content
            | Self::Size
            | Self::Policy => EvidenceKind::AboutUs,
        }
    }

    /// Whether it is about the sender, the message or the pace, and so never counts against a subscriber.
    pub fn is_about_us(self) -> bool {
        self.evidence() == EvidenceKind::AboutUs
    }
}

/// What is on record about a subscriber: what a refusal counts for, or their own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EvidenceKind {
    /// The mailbox does not exist: off the list at once.
    Hard,
    /// Counts; enough of these remove a subscriber.
    Soft,
    /// Recorded only, without effect.
    AboutUs,
    /// The subscriber called the mail spam.
    Complaint,
    /// The subscriber asked to leave.
    Leave,
}

impl EvidenceKind {
    pub const ALL: [Self; 5] = [Self::Hard, Self::Soft, Self::AboutUs, Self::Complaint, Self::Leave];

    /// As the store and JSON spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
            Self::AboutUs => "about_us",
            Self::Complaint => "complaint",
            Self::Leave => "leave",
        }
    }

    /// The kind with this stored name; `None` for an unknown name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How a message or a reply was matched with a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// The address that their copy was sent from (variable envelope return path).
    Verp,
    MessageId,
    /// Their own address, as the report names it.
    Address,
    /// The token of their links.
    Token,
    /// It is a server's reply to their copy.
    Reply,
}

impl MatchedBy {
    pub const ALL: [Self; 5] = [Self::Verp, Self::MessageId, Self::Address, Self::Token, Self::Reply];

    /// As the store and JSON spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verp => "verp",
            Self::MessageId => "message_id",
            Self::Address => "address",
            Self::Token => "token",
            Self::Reply => "reply",
        }
    }

    /// The way with this stored name; `None` for an unknown name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == name)
    }
}

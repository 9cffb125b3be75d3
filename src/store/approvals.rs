//! Approvals: the exact bytes that may go out, with the hashes that prove it.

use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{Issues, StoreError, from_ms, to_ms};
use crate::model::{Approval, Frozen, IssueName};

/// What is stored of an issue that was approved: the text of [`Frozen`] and its hash.
fn stored_form(frozen: &Frozen) -> (String, String) {
    let text = serde_json::json!(frozen).to_string();
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&text));
    (text, hash)
}

impl Approval {
    /// The hash that an approval of `frozen` carries: SHA-256 of its stored form, hex.
    pub fn hash(frozen: &Frozen) -> String {
        stored_form(frozen).1
    }
}

impl Issues<'_> {
    /// Freezes an issue for sending. Approving again replaces what stood, unless the send has begun: then `false`.
    pub fn approve(&self, approval: &Approval) -> Result<bool, StoreError> {
        let tx = self.store.begin()?;
        let issue = approval.issue.to_string();
        let begun: bool =
            tx.query_row("SELECT EXISTS (SELECT 1 FROM sends WHERE issue = ?1)", [&issue], |r| r.get(0))?;
        if begun {
            return Ok(false);
        }
        let (text, hash) = stored_form(&approval.frozen);
        let rendered = &approval.frozen.rendered;
        tx.execute(
            "INSERT INTO approvals (issue, draft, frozen_sha256, frozen, subject, preheader, approved_by, approved_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (issue) DO UPDATE SET draft = excluded.draft,
                 frozen_sha256 = excluded.frozen_sha256, frozen = excluded.frozen,
                 subject = excluded.subject, preheader = excluded.preheader,
                 approved_by = excluded.approved_by, approved_ms = excluded.approved_ms",
            params![
                issue,
                approval.draft,
                hash,
                text,
                rendered.subject,
                rendered.preheader,
                approval.by,
                to_ms(approval.at)
            ],
        )?;
        tx.commit()?;
        Ok(true)
    }

    /// Deletes an approval; `false` when there was none, `None` when the send has begun and it stays.
    pub fn take_back(&self, issue: &IssueName) -> Result<Option<bool>, StoreError> {
        let tx = self.store.begin()?;
        let issue = issue.to_string();
        let begun: bool =
            tx.query_row("SELECT EXISTS (SELECT 1 FROM sends WHERE issue = ?1)", [&issue], |r| r.get(0))?;
        if begun {
            return Ok(None);
        }
        let gone = tx.execute("DELETE FROM approvals WHERE issue = ?1", [&issue])?;
        tx.commit()?;
        Ok(Some(gone > 0))
    }

    /// The approval of an issue, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the stored bytes no longer match their hash.
    pub fn approval(&self, issue: &IssueName) -> Result<Option<Approval>, StoreError> {
        let found = self
            .store
            .conn
            .query_row(
                "SELECT draft, frozen_sha256, frozen, approved_by, approved_ms FROM approvals WHERE issue = ?1",
                [issue.to_string()],
                |row| {
                    let text: String = row.get(2)?;
                    Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, text, row.get(3)?, row.get::<_, i64>(4)?))
                },
            )
            .optional()?;
        let Some((draft, frozen_sha256, text, by, at)) = found else { return Ok(None) };
        let damaged =
            |why: String| StoreError::Damaged(self.store.path.clone(), format!("the approval of {issue}: {why}"));
        if data_encoding::HEXLOWER.encode(&Sha256::digest(&text)) != frozen_sha256 {
            return Err(damaged("its bytes do not match their hash".into()));
        }
        let frozen = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        Ok(Some(Approval { issue: issue.clone(), draft, frozen_sha256, frozen, by, at: from_ms(at)? }))
    }
}
